import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { TrunkPlatformState } from '../../../shared/vocabulary.ts'
import type { StoredTrunk } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import { bit, given } from './rows.ts'
import { inTransaction } from './transaction.ts'

interface TrunkRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly cloudonix_id: string | null
  readonly direction: string
  readonly priority: number
  readonly capacity: number | null
  readonly enabled: number
  readonly is_default: number
  readonly platform_state: TrunkPlatformState | null
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toTrunk = (row: TrunkRow): StoredTrunk => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  name: row.name,
  cloudonixId: given(row.cloudonix_id),
  direction: row.direction,
  priority: row.priority,
  capacity: given(row.capacity),
  enabled: row.enabled === 1,
  isDefault: row.is_default === 1,
  platformState: given(row.platform_state),
})

const columns = (trunk: StoredTrunk) => ({
  ...trunk,
  cloudonixId: trunk.cloudonixId ?? null,
  capacity: trunk.capacity ?? null,
  enabled: bit(trunk.enabled),
  isDefault: bit(trunk.isDefault),
  platformState: trunk.platformState ?? null,
})

export interface SyncTrunkRepository extends SyncConfigRepository<StoredTrunk> {
  bringUpToDate(tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]): boolean
}

export const createSqliteTrunkRepository = (db: Database): SyncTrunkRepository => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string, string], TrunkRow>('SELECT * FROM trunks WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO trunks (tenant_id, id, name, cloudonix_id, direction, priority, capacity, enabled, is_default, platform_state,
  version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :cloudonixId, :direction, :priority, :capacity, :enabled, :isDefault, :platformState,
  :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE trunks SET name = :name, cloudonix_id = :cloudonixId, direction = :direction, priority = :priority,
  capacity = :capacity, enabled = :enabled, is_default = :isDefault, platform_state = :platformState, version = :version,
  updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const demote = db.prepare(`
UPDATE trunks SET is_default = 0, version = version + 1, updated_at_ms = ? WHERE tenant_id = ? AND is_default = 1 AND id <> ?`)
  // What no trunk is named: names that are passed on must not meet on the way.
  const park = db.prepare("UPDATE trunks SET name = '/' || id, cloudonix_id = NULL WHERE tenant_id = ? AND id = ?")
  const remove = db.prepare('DELETE FROM trunks WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<TrunkRow>(db, {
    table: 'trunks',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`priority`, value: (row) => row.priority },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name', 'cloudonix_id'],
    filters: { enabled: 'enabled' },
  })
  const taken = <T>({ name, cloudonixId }: StoredTrunk, write: () => T): T =>
    refuseTaken(
      () => refuseTaken(write, 'name', `There is already a trunk named "${name}"; choose another name`),
      'cloudonix_id',
      `There is already a trunk with the Cloudonix id ${cloudonixId}; change that one`,
    )
  /** There is one default at most: the newest word counts. */
  const demoteOthers = ({ isDefault, updatedAtMs, tenantId, id }: StoredTrunk): void => {
    if (isDefault) demote.run(updatedAtMs, tenantId, id)
  }

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toTrunk),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toTrunk(row)
    },
    create: inTransaction(db, (trunk: StoredTrunk) => {
      bump.besideRules(trunk.tenantId)
      demoteOthers(trunk)
      taken(trunk, () => insert.run(columns(trunk)))
    }),
    update: inTransaction(db, (trunk: StoredTrunk) => {
      const stored = one.get(trunk.tenantId, trunk.id)
      if (stored?.version !== trunk.version - 1) return false
      demoteOthers(trunk)
      taken(trunk, () => change.run(columns(trunk)))
      bump.besideRules(trunk.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
    bringUpToDate: inTransaction(
      db,
      (tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]) => {
        if (changed.some(({ id, version }) => one.get(tenantId, id)?.version !== version - 1)) return false
        for (const { id } of changed) park.run(tenantId, id)
        for (const trunk of changed) taken(trunk, () => change.run(columns(trunk)))
        for (const trunk of added) taken(trunk, () => insert.run(columns(trunk)))
        bump.besideRules(tenantId)
        return true
      },
    ),
  }
}
