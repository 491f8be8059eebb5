import type { Migration } from '../file/migrate.ts'

/**
 * Erasures by what they did, never by their number. Archives, one per kind and UTC day; what was brought back from one stays
 * until `kept_until_ms`. Before `records_from_ms` records are gone, and sums over calls stay as they are.
 */
export const retention: Migration = {
  version: 190,
  name: 'erasures and archives',
  up: (db) =>
    db.exec(`
CREATE TABLE erasures (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id TEXT NOT NULL,
  mode TEXT NOT NULL,
  state TEXT NOT NULL,
  report TEXT,
  error TEXT,
  requested_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER,
  PRIMARY KEY (tenant_no, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE archives (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  day_ms INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  made_at_ms INTEGER NOT NULL,
  kept_until_ms INTEGER,
  PRIMARY KEY (tenant_no, kind, day_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE retention_marks (
  tenant_no INTEGER PRIMARY KEY REFERENCES tenants (no) ON DELETE CASCADE,
  records_from_ms INTEGER NOT NULL
) STRICT;`),
}
