import type { Migration } from '../file/migrate.ts'

/** What webhooks said that nobody documented. An empty `value` stands for the field itself. */
export const webhookDialect: Migration = {
  version: 185,
  name: 'dialect of webhooks',
  up: (db) =>
    db.exec(`
CREATE TABLE webhook_dialect (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  webhook_event_id TEXT NOT NULL,
  PRIMARY KEY (tenant_no, kind, field, value)
) STRICT, WITHOUT ROWID;
`),
}
