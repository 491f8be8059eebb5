import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { ToldCircuitChange } from '../../../ports/call-store.ts'
import type { Page } from '../../../ports/configuration.ts'
import type { CircuitSubject } from '../../../ports/runtime-state.ts'
import { mapPage } from '../configuration/config-repository.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Values } from './packed-unit.ts'
import { createQueries } from '../query/query-builder.ts'
import { given } from '../query/rows.ts'
import { pageByTime } from '../query/time-page.ts'

interface ChangeRow {
  readonly no: number
  readonly subject_kind: CircuitSubject['kind']
  readonly subject_id: string
  readonly at_ms: number
  readonly from_state: ToldCircuitChange['from']
  readonly to_state: ToldCircuitChange['to']
  readonly reason: string | null
}

const toChange = (row: ChangeRow): ToldCircuitChange => ({
  atMs: row.at_ms,
  subject: { kind: row.subject_kind, id: row.subject_id },
  from: row.from_state,
  to: row.to_state,
  reason: given(row.reason),
})

export const createCircuitWriter = (db: Database) => {
  const add = db.prepare(`
INSERT INTO circuit_changes (tenant_no, subject_kind, subject_id, at_ms, from_state, to_state, reason)
VALUES (?, ?, ?, ?, ?, ?, ?)`)
  return (tenantNo: number, changes: readonly Values[]): void => {
    for (const change of changes) add.run(tenantNo, ...change)
  }
}

export const createCircuitReader = (db: Database, keyring: Keyring) => {
  const queries = createQueries(db)
  const open = db.prepare<[], ChangeRow & { readonly tenant_id: string }>(`
SELECT c.*, t.id AS tenant_id FROM circuit_changes c JOIN tenants t ON t.no = c.tenant_no
WHERE c.to_state <> 'closed' AND NOT EXISTS (
  SELECT 1 FROM circuit_changes later WHERE later.tenant_no = c.tenant_no AND later.subject_kind = c.subject_kind
    AND later.subject_id = c.subject_id AND (later.at_ms, later.no) > (c.at_ms, c.no))`)
  return {
    changes: (
      tenantId: string,
      subjects: readonly CircuitSubject[],
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ): Page<ToldCircuitChange> => {
      const tenant = keyring.find(tenantId)
      if (!tenant || subjects.length === 0) return { items: [] }
      const pairs = subjects.map(({ kind, id }) => sql`(${kind}, ${id})`)
      const select = sql`SELECT * FROM circuit_changes`
      const conditions = [sql`tenant_no = ${tenant.no}`, sql`(subject_kind, subject_id) IN (VALUES ${sql.join(pairs)})`]
      return mapPage(
        pageByTime<ChangeRow>(
          queries,
          { select, conditions, time: 'at_ms', no: 'no', limit, cursor },
          (row) => row.at_ms,
        ),
        toChange,
      )
    },
    open: (): { tenantId: string; change: ToldCircuitChange }[] =>
      open.all().map((row) => ({ tenantId: row.tenant_id, change: toChange(row) })),
  }
}
