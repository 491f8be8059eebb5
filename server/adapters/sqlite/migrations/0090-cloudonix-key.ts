import type { Migration } from '../file/migrate.ts'

/** The key for the Cloudonix API, sealed like the webhook API key beside it. */
export const cloudonixKey: Migration = {
  version: 90,
  name: 'Cloudonix API key of a tenant',
  up: (db) => db.exec('ALTER TABLE tenants ADD COLUMN cloudonix_api_key BLOB'),
}
