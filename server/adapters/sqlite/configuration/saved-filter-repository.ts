import type { Database } from 'better-sqlite3'
import type { StoredFilter } from '../../../ports/configuration.ts'
import type { SyncConfigRepository } from './config-repository.ts'
import { byName, createNounRepository, createNounTable } from './noun-repository.ts'
import { json, parse } from '../query/rows.ts'

interface Cells {
  readonly name: string
  readonly filter: string
}

/** No call is routed by a saved filter, so none of this gives the configuration a new version. */
export const createSqliteSavedFilterRepository = (db: Database): SyncConfigRepository<StoredFilter> =>
  createNounRepository(
    db,
    createNounTable<StoredFilter, Cells>(db, {
      table: 'saved_filters',
      cells: { name: ({ name }) => name, filter: ({ filter }) => json(filter) },
      read: ({ name, filter }) => ({ name, filter: parse(filter) }),
      taken: { name: ({ name }) => `There is already a saved filter named "${name}"; choose another name` },
      order: byName,
      search: ['name'],
      filters: {},
    }),
  )
