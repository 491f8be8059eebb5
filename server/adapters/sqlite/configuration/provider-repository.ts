import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { Provider } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { createNounRepository, createNounTable } from './noun-repository.ts'
import { bit } from '../query/rows.ts'

interface Cells {
  readonly key: string
  readonly display_name: string
  readonly dial_as: Provider['dialAs']
  readonly value_kind: Provider['valueKind']
  readonly credentials: Provider['credentials']
  readonly enabled: number
  readonly help: string
}

export const createSqliteProviderRepository = (db: Database): SyncConfigRepository<Provider> =>
  createNounRepository(
    db,
    createNounTable<Provider, Cells>(db, {
      table: 'providers',
      isOfSite: true,
      cells: {
        key: (provider) => provider.key,
        display_name: (provider) => provider.displayName,
        dial_as: (provider) => provider.dialAs,
        value_kind: (provider) => provider.valueKind,
        credentials: (provider) => provider.credentials,
        enabled: (provider) => bit(provider.enabled),
        help: (provider) => provider.help,
      },
      read: (cells) => ({
        key: cells.key,
        displayName: cells.display_name,
        dialAs: cells.dial_as,
        valueKind: cells.value_kind,
        credentials: cells.credentials,
        enabled: cells.enabled === 1,
        help: cells.help,
      }),
      taken: { key: ({ key }) => `There is already a provider with the key "${key}"; choose another key` },
      order: [
        { by: sql`display_name COLLATE NOCASE`, value: (cells) => cells.display_name },
        { by: sql`id`, value: (cells) => cells.id },
      ],
      search: ['key', 'display_name', 'help'],
      filters: { enabled: 'enabled', key: 'key', dialAs: 'dial_as' },
    }),
    { bump: createVersionBump(db).ofAll },
  )
