import type { Migration } from '../file/migrate.ts'

/**
 * Who calls whom as the newest voice request of a call says, where that is not what the record says:
 * `{"direction","from","to"}`. Caller IDs are read before they are compared, so their index is of no use.
 */
export const stage: Migration = {
  version: 140,
  name: 'stage of a call',
  up: (db) =>
    db.exec(`
ALTER TABLE call_records ADD COLUMN stage TEXT;
DROP INDEX outbound_routing_rules_by_caller_id;`),
}
