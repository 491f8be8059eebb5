import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { TrunkPlatformState } from '../../../../shared/vocabulary.ts'
import type { StoredTrunk } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { createNounRepository, createNounTable } from './noun-repository.ts'
import { bit, given } from '../query/rows.ts'
import { inTransaction } from '../file/transaction.ts'

interface Cells {
  readonly name: string
  readonly cloudonix_id: string | null
  readonly direction: string
  readonly priority: number
  readonly capacity: number | null
  readonly enabled: number
  readonly is_default: number
  readonly platform_state: TrunkPlatformState | null
}

export interface SyncTrunkRepository extends SyncConfigRepository<StoredTrunk> {
  /** Which others change with one that is to be the default. */
  othersByDefault(row: StoredTrunk): StoredTrunk[]
  bringUpToDate(tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]): boolean
}

export const createSqliteTrunkRepository = (db: Database): SyncTrunkRepository => {
  const bump = createVersionBump(db).besideRules
  const demote = db.prepare(`
UPDATE trunks SET is_default = 0, version = version + 1, updated_at_ms = ? WHERE tenant_id = ? AND is_default = 1 AND id <> ?`)
  const defaults = db
    .prepare<[string, string], string>('SELECT id FROM trunks WHERE tenant_id = ? AND is_default = 1 AND id <> ?')
    .pluck()
  // What no trunk is named: names that are passed on must not meet on the way.
  const park = db.prepare("UPDATE trunks SET name = '/' || id, cloudonix_id = NULL WHERE tenant_id = ? AND id = ?")
  const table = createNounTable<StoredTrunk, Cells>(db, {
    table: 'trunks',
    cells: {
      name: (trunk) => trunk.name,
      cloudonix_id: (trunk) => trunk.cloudonixId ?? null,
      direction: (trunk) => trunk.direction,
      priority: (trunk) => trunk.priority,
      capacity: (trunk) => trunk.capacity ?? null,
      enabled: (trunk) => bit(trunk.enabled),
      is_default: (trunk) => bit(trunk.isDefault),
      platform_state: (trunk) => trunk.platformState ?? null,
    },
    read: (cells) => ({
      name: cells.name,
      cloudonixId: given(cells.cloudonix_id),
      direction: cells.direction,
      priority: cells.priority,
      capacity: given(cells.capacity),
      enabled: cells.enabled === 1,
      isDefault: cells.is_default === 1,
      platformState: given(cells.platform_state),
    }),
    taken: {
      name: ({ name }) => `There is already a trunk named "${name}"; choose another name`,
      cloudonix_id: ({ cloudonixId }) =>
        `There is already a trunk with the Cloudonix id ${cloudonixId}; change that one`,
    },
    order: [
      { by: sql`priority`, value: (cells) => cells.priority },
      { by: sql`id`, value: (cells) => cells.id },
    ],
    search: ['name', 'cloudonix_id'],
    filters: { enabled: 'enabled' },
  })

  return {
    ...createNounRepository(db, table, {
      bump,
      /** There is one default at most: the newest word counts. */
      before: ({ isDefault, updatedAtMs, tenantId, id }) => {
        if (isDefault) demote.run(updatedAtMs, tenantId, id)
      },
    }),
    othersByDefault: ({ isDefault, tenantId, id }) =>
      isDefault ? defaults.all(tenantId, id).flatMap((other) => table.get(tenantId, other) ?? []) : [],
    bringUpToDate: inTransaction(
      db,
      (tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]) => {
        if (!changed.every(table.isNext)) return false
        for (const { id } of changed) park.run(tenantId, id)
        changed.forEach(table.change)
        added.forEach(table.insert)
        bump(tenantId)
        return true
      },
    ),
  }
}
