import type { Migration } from '../file/migrate.ts'

/** What an attempt dialled, where its target was a number. */
export const dialledNumber: Migration = {
  version: 70,
  name: 'dialled number of an attempt',
  up: (db) => db.exec('ALTER TABLE dial_attempts ADD COLUMN number TEXT'),
}
