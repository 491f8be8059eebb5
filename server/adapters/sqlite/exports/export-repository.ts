import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { ExportState } from '../../../../shared/vocabulary.ts'
import { DomainError } from '../../../domain/errors.ts'
import type { Page } from '../../../ports/configuration.ts'
import type { ExportProgress, ExportStore, StoredExport } from '../../../ports/exports.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Queries } from '../query/query-builder.ts'
import { given, json, parse, parseGiven } from '../query/rows.ts'
import { pageByTime } from '../query/time-page.ts'

interface ExportRow {
  readonly no: number
  readonly tenant_id: string
  readonly id: string
  readonly state: ExportState
  readonly request: string
  readonly shown: string
  readonly rows: number
  readonly estimated_rows: number | null
  readonly bytes: number
  readonly last_no: number
  readonly place: string | null
  readonly created_by: string
  readonly created_at_ms: number
  readonly ended_at_ms: number | null
  readonly reason: string | null
}

const toExport = (row: ExportRow): StoredExport => ({
  id: row.id,
  tenantId: row.tenant_id,
  state: row.state,
  request: parse(row.request),
  shown: parse(row.shown),
  rows: row.rows,
  estimatedRows: given(row.estimated_rows),
  bytes: row.bytes,
  lastNo: row.last_no,
  place: parseGiven(row.place),
  createdBy: row.created_by,
  createdAtMs: row.created_at_ms,
  endedAtMs: given(row.ended_at_ms),
  reason: given(row.reason),
})

const select = 'SELECT e.*, t.id AS tenant_id FROM exports e JOIN tenants t ON t.no = e.tenant_no'
const mayHaveFile = "e.state IN ('queued', 'running', 'done')"

export const createExportReader = (db: Database, keyring: Keyring, queries: Queries) => {
  const one = db.prepare<[number, string], ExportRow>(`${select} WHERE e.tenant_no = ? AND e.id = ?`)
  const withFiles = db.prepare<[], { tenantId: string; id: string }>(
    `SELECT t.id AS tenantId, e.id FROM exports e JOIN tenants t ON t.no = e.tenant_no WHERE ${mayHaveFile}`,
  )
  const doneBefore = db.prepare<[number], ExportRow>(`${select} WHERE e.state = 'done' AND e.ended_at_ms < ?`)
  return {
    list: (tenantId: string, page: { limit: number; cursor?: string | undefined }): Page<StoredExport> => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return { items: [] }
      const found = pageByTime<ExportRow>(
        queries,
        {
          select: sql.raw(select),
          conditions: [sql`e.tenant_no = ${tenant.no}`],
          time: 'e.created_at_ms',
          no: 'e.no',
          limit: page.limit,
          cursor: page.cursor,
        },
        (row) => row.created_at_ms,
      )
      return { ...found, items: found.items.map(toExport) }
    },
    get: (tenantId: string, id: string): StoredExport | undefined => {
      const tenant = keyring.find(tenantId)
      const row = tenant && one.get(tenant.no, id)
      return row && toExport(row)
    },
    withFiles: () => withFiles.all(),
    doneBefore: (ms: number) => doneBefore.all(ms).map(toExport),
  }
}

export const createExportWriter = (db: Database, keyring: Keyring) => {
  const countKept = db.prepare<[number], { n: number }>(
    `SELECT count(*) AS n FROM exports e WHERE e.tenant_no = ? AND ${mayHaveFile}`,
  )
  const insert = db.prepare(`
INSERT INTO exports (tenant_no, id, state, request, shown, rows, estimated_rows, bytes, last_no, created_by, created_at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(no), 0) FROM call_records), ?, ?)`)
  const remove = db.prepare('DELETE FROM exports WHERE tenant_no = ? AND id = ?')
  const next = db.prepare<[], { no: number }>(
    "SELECT no FROM exports WHERE state IN ('queued', 'running') ORDER BY no LIMIT 1",
  )
  const claim = db.prepare("UPDATE exports SET state = 'running' WHERE no = ?")
  const byNo = db.prepare<[number], ExportRow>(`${select} WHERE e.no = ?`)
  const save = db.prepare("UPDATE exports SET rows = ?, bytes = ?, place = ? WHERE id = ? AND state = 'running'")
  const end = db.prepare(`
UPDATE exports SET state = :to, ended_at_ms = coalesce(ended_at_ms, :nowMs), reason = :reason,
  rows = coalesce(:rows, rows), bytes = coalesce(:bytes, bytes)
WHERE id = :id AND state IN (SELECT value FROM json_each(:from))`)
  const forget = db.prepare(`DELETE FROM exports WHERE state IN ('failed', 'cancelled', 'expired') AND ended_at_ms < ?`)

  const create = db.transaction((row: Omit<StoredExport, 'lastNo'>, most: number): void => {
    const { no } = keyring.of(row.tenantId)
    if ((countKept.get(no)?.n ?? 0) >= most)
      throw new DomainError(
        'CONFLICT',
        `There are ${most} exports of this tenant already; delete one that is not needed any more, or wait until it expires`,
      )
    insert.run(
      no,
      row.id,
      row.state,
      json(row.request),
      json(row.shown),
      row.rows,
      row.estimatedRows,
      row.bytes,
      row.createdBy,
      row.createdAtMs,
    )
  })
  const claimNext = db.transaction((): StoredExport | undefined => {
    const found = next.get()
    if (!found) return undefined
    claim.run(found.no)
    const row = byNo.get(found.no)
    return row && toExport(row)
  })
  return {
    create: (row: Omit<StoredExport, 'lastNo'>, most: number): void => create.immediate(row, most),
    delete: (tenantId: string, id: string): boolean => {
      const tenant = keyring.find(tenantId)
      return tenant !== undefined && remove.run(tenant.no, id).changes > 0
    },
    claim: () => claimNext.immediate(),
    save: (id: string, { rows, bytes, place }: ExportProgress): boolean =>
      save.run(rows, bytes, json(place), id).changes > 0,
    end: (...[id, from, to, { nowMs, progress, reason }]: Parameters<ExportStore['end']>): boolean =>
      end.run({
        id,
        from: json(from),
        to,
        nowMs,
        rows: progress?.rows ?? null,
        bytes: progress?.bytes ?? null,
        reason: reason ?? null,
      }).changes > 0,
    forgetBefore: (ms: number): void => void forget.run(ms),
  }
}
