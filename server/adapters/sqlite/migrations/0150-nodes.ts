import type { Migration } from '../file/migrate.ts'

/** The processes that work on this file, each by its last sign of life. */
export const nodes: Migration = {
  version: 150,
  name: 'nodes',
  up: (db) =>
    db.exec(`
CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  signed_at_ms INTEGER NOT NULL,
  is_alone INTEGER NOT NULL
) STRICT, WITHOUT ROWID`),
}
