import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { NumberKind } from '../../../shared/vocabulary.ts'
import type { StoredNumber } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import { bit, given } from './rows.ts'
import { inTransaction } from './transaction.ts'

interface NumberRow {
  readonly tenant_id: string
  readonly id: string
  readonly number: string
  readonly kind: NumberKind
  readonly agent_id: string | null
  readonly may_dial_out: number
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toNumber = (row: NumberRow): StoredNumber => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  number: row.number,
  kind: row.kind,
  agentId: given(row.agent_id),
  mayDialOut: row.may_dial_out === 1,
})

const columns = (number: StoredNumber) => ({
  ...number,
  agentId: number.agentId ?? null,
  mayDialOut: bit(number.mayDialOut),
})

export const createSqliteNumberRepository = (db: Database): SyncConfigRepository<StoredNumber> => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string, string], NumberRow>('SELECT * FROM numbers WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO numbers (tenant_id, id, number, kind, agent_id, may_dial_out, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :number, :kind, :agentId, :mayDialOut, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE numbers SET number = :number, kind = :kind, agent_id = :agentId, may_dial_out = :mayDialOut, version = :version,
  updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM numbers WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<NumberRow>(db, {
    table: 'numbers',
    tenantColumn: 'tenant_id',
    order: [{ by: sql`number`, value: (row) => row.number }],
    search: ['number'],
    filters: { kind: 'kind', agentId: 'agent_id' },
  })
  const taken = <T>({ number }: StoredNumber, write: () => T): T =>
    refuseTaken(write, 'number', `${number} is one of the tenant's numbers already; change that row`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toNumber),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toNumber(row)
    },
    create: inTransaction(db, (number: StoredNumber) => {
      bump.besideRules(number.tenantId)
      taken(number, () => insert.run(columns(number)))
    }),
    update: inTransaction(db, (number: StoredNumber) => {
      if (taken(number, () => change.run(columns(number))).changes === 0) return false
      bump.besideRules(number.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
  }
}
