import type { Migration } from '../file/migrate.ts'

/** Answers are looked up by a short hash of their key; they leave in the order they came, so they need no index by time. */
export const webhooks: Migration = {
  version: 50,
  name: 'webhook audit and answers',
  up: (db) =>
    db.exec(`
CREATE TABLE webhook_audit (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  token TEXT,
  outcome TEXT NOT NULL,
  reason TEXT,
  status INTEGER NOT NULL,
  latency_micros INTEGER NOT NULL,
  headers TEXT NOT NULL,
  payload TEXT NOT NULL,
  answer TEXT
) STRICT;
CREATE INDEX webhook_audit_by_id ON webhook_audit (tenant_no, id);
CREATE INDEX webhook_audit_by_time ON webhook_audit (tenant_no, at_ms);
CREATE INDEX webhook_audit_by_token ON webhook_audit (tenant_no, token, at_ms) WHERE token IS NOT NULL;

CREATE TABLE webhook_answers (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  key_hash BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  status INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (tenant_no, key_hash)
) STRICT;
`),
}
