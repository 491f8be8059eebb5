import type { Migration } from '../file/migrate.ts'

/**
 * Bodies are kept compressed in one column. Rows of before, and those of busy moments, hold them as text in the old columns until
 * they are compressed in the background; `webhook_audit_plain` finds them and is all but empty otherwise.
 *
 * What most events have in common (session updates, applied, 200) is found by time and costs no index. Numbers are those of the
 * call, which has indexes for them.
 */
export const webhookSearch: Migration = {
  version: 180,
  name: 'bodies and search of webhook events',
  up: (db) =>
    db.exec(`
ALTER TABLE webhook_audit ADD COLUMN bodies BLOB;
ALTER TABLE webhook_audit ADD COLUMN transitions_before INTEGER;
CREATE INDEX webhook_audit_plain ON webhook_audit (no) WHERE bodies IS NULL;
CREATE INDEX webhook_audit_by_kind ON webhook_audit (tenant_no, kind, at_ms) WHERE kind <> 'session_update';
CREATE INDEX webhook_audit_by_outcome ON webhook_audit (tenant_no, outcome, at_ms) WHERE outcome <> 'applied';
CREATE INDEX webhook_audit_by_status ON webhook_audit (tenant_no, status, at_ms) WHERE status <> 200;
`),
}
