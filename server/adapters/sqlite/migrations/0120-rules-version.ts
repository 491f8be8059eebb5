import type { Migration } from '../file/migrate.ts'

/** Whether the compiled rules of a tenant are the stored ones: other nodes change them too. */
export const rulesVersion: Migration = {
  version: 120,
  name: 'version of the rules',
  up: (db) => db.exec('ALTER TABLE tenants ADD COLUMN rules_version INTEGER NOT NULL DEFAULT 1'),
}
