import type { Database } from 'better-sqlite3'
import type { RecordKind, RecordSlice, StoredArchive } from '../../../ports/retention-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import { callParts, createDayCheck, dayMs, partsOfCalls, recordTables, storedColumns } from './retention-tables.ts'
import { given } from '../query/rows.ts'
import { type BodyColumns, unpacked } from '../webhooks/webhook-bodies.ts'

const sliceRows = 200

interface ArchiveRow {
  readonly kind: RecordKind
  readonly day_ms: number
  readonly row_count: number
  readonly bytes: number
  readonly sha256: string
  readonly made_at_ms: number
  readonly kept_until_ms: number | null
}

const toArchive = (row: ArchiveRow): StoredArchive => ({
  kind: row.kind,
  dayMs: row.day_ms,
  rows: row.row_count,
  bytes: row.bytes,
  sha256: row.sha256,
  madeAtMs: row.made_at_ms,
  keptUntilMs: given(row.kept_until_ms),
})

/** Records as archives hold them: a JSON text per call, with all that belongs to it, and per webhook event. */
export const createRetentionReader = (db: Database, keyring: Keyring) => {
  const archives = db.prepare<[number], ArchiveRow>('SELECT * FROM archives WHERE tenant_no = ? ORDER BY kind, day_ms')
  const kept = db.prepare<[number, string, number, number]>(
    'SELECT 1 FROM archives WHERE tenant_no = ? AND kind = ? AND day_ms = ? AND kept_until_ms > ?',
  )
  const isWhole = createDayCheck(db)
  const parts = callParts.map((part) => {
    const { table, place, order } = partsOfCalls[part]
    const columns = storedColumns(db, table, place).join(', ')
    return {
      part,
      of: db.prepare<[number, number]>(
        `SELECT ${columns} FROM ${table} WHERE tenant_no = ? AND call_no = ? ORDER BY ${order}`,
      ),
    }
  })
  const prepare = (kind: RecordKind) => {
    const { table, time, condition } = recordTables[kind]
    const columns = storedColumns(db, table, ['no', 'tenant_no']).join(', ')
    return {
      time,
      oldest: db.prepare<[number, number], { atMs: number | null }>(
        `SELECT min(${time}) AS atMs FROM ${table} WHERE tenant_no = ? AND ${condition} AND ${time} >= ?`,
      ),
      rows: db.prepare<[number, number, number, number, number], Record<string, unknown> & { no: number }>(
        `SELECT no, ${columns} FROM ${table} WHERE tenant_no = ? AND ${condition} AND ${time} >= ? AND ${time} < ?
  AND (${time}, no) > (?, ?) ORDER BY ${time}, no LIMIT ${sliceRows}`,
      ),
    }
  }
  const kinds = { calls: prepare('calls'), webhook_events: prepare('webhook_events') }

  return {
    archives: (tenantId: string): StoredArchive[] => {
      const tenant = keyring.find(tenantId)
      return tenant ? archives.all(tenant.no).map(toArchive) : []
    },
    /** The oldest UTC day between these times that has records of this kind, none brought back and none to be settled yet. */
    oldestDay: (
      tenantId: string,
      kind: RecordKind,
      fromMs: number,
      untilMs: number,
      nowMs: number,
    ): number | undefined => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return undefined
      for (let sinceMs = fromMs; ;) {
        const atMs = kinds[kind].oldest.get(tenant.no, sinceMs)?.atMs ?? Infinity
        if (atMs >= untilMs) return undefined
        const day = Math.floor(atMs / dayMs) * dayMs
        if (!kept.get(tenant.no, kind, day, nowMs) && isWhole(tenant.no, kind, day)) return day
        sinceMs = day + dayMs
      }
    },
    /** Some records of that day, after a place; the last slice names no next one. */
    slice: (tenantId: string, kind: RecordKind, day: number, after: RecordSlice['next']): RecordSlice => {
      const tenant = keyring.of(tenantId)
      const { rows, time } = kinds[kind]
      const [afterMs, afterNo] = after ?? [day, -1]
      const found = rows.all(tenant.no, day, day + dayMs, afterMs, afterNo)
      const lines = found.map(({ no, ...row }) => {
        if (kind !== 'calls') {
          const { bodies: _packed, ...event } = unpacked(row as typeof row & BodyColumns)
          return { id: String(row['id']), text: JSON.stringify(event) }
        }
        const own = parts.map(({ part, of }) => [part, of.all(tenant.no, no)])
        return { id: String(row['id']), text: JSON.stringify({ call: row, ...Object.fromEntries(own) }) }
      })
      const last = found.at(-1)
      return {
        lines,
        next: found.length < sliceRows || !last ? undefined : [last[time] as number, last.no],
      }
    },
  }
}
