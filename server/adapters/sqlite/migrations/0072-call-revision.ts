import type { Migration } from '../file/migrate.ts'

/** Which state of its call a row shows, so that an older one that is stored late does not set it back. */
export const callRevision: Migration = {
  version: 72,
  name: 'revision of a call',
  up: (db) =>
    db.exec(`
ALTER TABLE call_records ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dial_attempts ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
`),
}
