import type { Migration } from '../file/migrate.ts'

/**
 * Who changed what, each row with the hash of the one before (docs/audit.md). Rows stay when their tenant goes, so there is no
 * foreign key. The triggers keep mistakes out; who means harm and can write the file is found out by the chain.
 */
export const auditLog: Migration = {
  version: 240,
  name: 'audit log',
  up: (db) =>
    db.exec(`
CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at_ms INTEGER NOT NULL,
  tenant_id TEXT,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT NOT NULL,
  actor_role TEXT,
  transport TEXT NOT NULL,
  address TEXT,
  noun TEXT NOT NULL,
  action TEXT NOT NULL,
  subject_id TEXT,
  before TEXT,
  after TEXT,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, seq);
CREATE INDEX audit_log_by_actor ON audit_log (actor_name, seq);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, seq);
CREATE INDEX audit_log_by_noun ON audit_log (noun, action, seq);
CREATE INDEX audit_log_by_time ON audit_log (at_ms);

CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'rows of the audit log are not changed'); END;
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'rows of the audit log are not deleted'); END;
-- INSERT OR REPLACE would delete without asking the trigger above.
CREATE TRIGGER audit_log_goes_on_at_its_end BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq >= NEW.seq)
BEGIN SELECT RAISE(ABORT, 'rows of the audit log are added at its end'); END;`),
}
