import type { Migration } from '../file/migrate.ts'

/** What a CDR says besides: the platform's trunk, its own word, the RTP stream; and the country of the outer number. */
export const callFacts: Migration = {
  version: 160,
  name: 'more facts of a call',
  up: (db) =>
    db.exec(`
ALTER TABLE call_records ADD COLUMN ssrc TEXT;
ALTER TABLE call_records ADD COLUMN country TEXT;
ALTER TABLE call_records ADD COLUMN platform_trunk_id TEXT;
ALTER TABLE call_records ADD COLUMN platform_disposition TEXT;`),
}
