import type { Migration } from '../file/migrate.ts'

/** Requests to others that still count, and until when nobody may ask. Times are of the machine's steady clock. */
export const requestBudget: Migration = {
  version: 155,
  name: 'request budget',
  up: (db) =>
    db.exec(`
CREATE TABLE outgoing_requests (
  no INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  ended INTEGER NOT NULL,
  free_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outgoing_requests_by_key ON outgoing_requests (key);
CREATE TABLE outgoing_holds (
  key TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`),
}
