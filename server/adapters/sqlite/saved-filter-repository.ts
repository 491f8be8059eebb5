import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredFilter } from '../../ports/configuration.ts'
import { createConfigList, mapPage, refuseTaken, type SyncConfigRepository } from './config-repository.ts'
import { json, parse } from './rows.ts'

interface FilterRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly filter: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toFilter = (row: FilterRow): StoredFilter => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  name: row.name,
  filter: parse(row.filter),
})

const columns = (saved: StoredFilter) => ({ ...saved, filter: json(saved.filter) })

/** No call is routed by a saved filter, so none of this gives the configuration a new version. */
export const createSqliteSavedFilterRepository = (db: Database): SyncConfigRepository<StoredFilter> => {
  const one = db.prepare<[string, string], FilterRow>('SELECT * FROM saved_filters WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO saved_filters (tenant_id, id, name, filter, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :filter, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE saved_filters SET name = :name, filter = :filter, version = :version, updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM saved_filters WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<FilterRow>(db, {
    table: 'saved_filters',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name'],
    filters: {},
  })
  const taken = <T>({ name }: StoredFilter, write: () => T) =>
    refuseTaken(write, 'name', `There is already a saved filter named "${name}"; choose another name`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toFilter),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toFilter(row)
    },
    create: (saved) => void taken(saved, () => insert.run(columns(saved))),
    update: (saved) => taken(saved, () => change.run(columns(saved))).changes > 0,
    delete: (tenantId, id) => remove.run(tenantId, id).changes > 0,
  }
}
