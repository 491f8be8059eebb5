import type { Migration } from '../file/migrate.ts'

/** Filters of calls under a name, as the API takes them. */
export const savedFilters: Migration = {
  version: 210,
  name: 'saved filters',
  up: (db) =>
    db.exec(`
CREATE TABLE saved_filters (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  filter TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;`),
}
