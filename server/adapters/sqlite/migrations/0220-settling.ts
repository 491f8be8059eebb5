import type { Migration } from '../file/migrate.ts'

/**
 * What indexes and triggers took for "over" is "settled" from here on: over, and entered in them and in the sums. The column that
 * tells is the one they name already, by a new name, so that no index is built anew. Those that are over and not settled yet are
 * few, like those that go on, and have an index of their own like these.
 */
export const settling: Migration = {
  version: 220,
  name: 'settling of calls',
  up: (db) =>
    db.exec(`
ALTER TABLE call_records RENAME COLUMN is_open TO is_pending;
ALTER TABLE call_records ADD COLUMN is_open INTEGER NOT NULL DEFAULT 0;
UPDATE call_records INDEXED BY call_records_open SET is_open = 1 WHERE is_pending = 1;
DROP INDEX call_records_open;
CREATE INDEX call_records_open ON call_records (tenant_no, started_at_ms) WHERE is_open = 1;
CREATE INDEX call_records_unsettled ON call_records (tenant_no, started_at_ms) WHERE is_pending = 1 AND is_open = 0;`),
}
