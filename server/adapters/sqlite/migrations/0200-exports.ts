import type { Migration } from '../file/migrate.ts'

/**
 * Exports of call records and how far they are. `last_no` bounds them, so that they end while calls go on; `place` is what comes
 * after the rows and bytes that are written and synced. `node_id` and `claimed_until_ms` are not used any more.
 */
export const exportsOfCalls: Migration = {
  version: 200,
  name: 'exports',
  up: (db) =>
    db.exec(`
CREATE TABLE exports (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  request TEXT NOT NULL,
  shown TEXT NOT NULL,
  rows INTEGER NOT NULL,
  estimated_rows INTEGER,
  bytes INTEGER NOT NULL,
  last_no INTEGER NOT NULL,
  place TEXT,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  reason TEXT,
  node_id TEXT,
  claimed_until_ms INTEGER
) STRICT;
CREATE INDEX exports_by_tenant ON exports (tenant_no, created_at_ms);
CREATE INDEX exports_by_state ON exports (state, ended_at_ms);`),
}
