import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { Provider } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import { bit } from './rows.ts'
import { inTransaction } from './transaction.ts'

interface ProviderRow {
  readonly id: string
  readonly key: string
  readonly display_name: string
  readonly dial_as: Provider['dialAs']
  readonly value_kind: Provider['valueKind']
  readonly credentials: Provider['credentials']
  readonly enabled: number
  readonly help: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toProvider = (row: ProviderRow): Provider => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  key: row.key,
  displayName: row.display_name,
  dialAs: row.dial_as,
  valueKind: row.value_kind,
  credentials: row.credentials,
  enabled: row.enabled === 1,
  help: row.help,
})

export const createSqliteProviderRepository = (db: Database): SyncConfigRepository<Provider> => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string], ProviderRow>('SELECT * FROM providers WHERE id = ?')
  const insert = db.prepare(`
INSERT INTO providers (id, key, display_name, dial_as, value_kind, credentials, enabled, help, version, created_at_ms, updated_at_ms)
VALUES (:id, :key, :displayName, :dialAs, :valueKind, :credentials, :enabled, :help, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE providers SET key = :key, display_name = :displayName, dial_as = :dialAs, value_kind = :valueKind,
  credentials = :credentials, enabled = :enabled, help = :help, version = :version, updated_at_ms = :updatedAtMs
WHERE id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM providers WHERE id = ?')
  const page = createConfigList<ProviderRow>(db, {
    table: 'providers',
    order: [
      { by: sql`display_name COLLATE NOCASE`, value: (row) => row.display_name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['key', 'display_name', 'help'],
    filters: { enabled: 'enabled', key: 'key', dialAs: 'dial_as' },
  })

  const columns = (provider: Provider) => ({ ...provider, enabled: bit(provider.enabled) })
  const taken = <T>({ key }: Provider, write: () => T) =>
    refuseTaken(write, 'key', `There is already a provider with the key "${key}"; choose another key`)

  return {
    list: (_site, query) => mapPage(page(undefined, query), toProvider),
    get: (_site, id) => {
      const row = one.get(id)
      return row && toProvider(row)
    },
    create: inTransaction(db, (provider: Provider) => {
      taken(provider, () => insert.run(columns(provider)))
      bump.ofAll()
    }),
    update: inTransaction(db, (provider: Provider) => {
      if (taken(provider, () => change.run(columns(provider))).changes === 0) return false
      bump.ofAll()
      return true
    }),
    delete: inTransaction(db, (_site: string | undefined, id: string) => {
      if (remove.run(id).changes === 0) return false
      bump.ofAll()
      return true
    }),
  }
}
