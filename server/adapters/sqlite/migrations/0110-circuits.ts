import type { Migration } from '../file/migrate.ts'

/** Circuits as the admin sets them and as they changed; ring times of single members. */
export const circuits: Migration = {
  version: 110,
  name: 'circuits, draining and ring times of members',
  up: (db) =>
    db.exec(`
ALTER TABLE voice_agents ADD COLUMN draining INTEGER NOT NULL DEFAULT 0;
ALTER TABLE voice_agents ADD COLUMN circuit_override TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE agent_group_memberships ADD COLUMN ring_timeout_seconds INTEGER;

-- The newest change of a subject says how its circuit stands.
CREATE TABLE circuit_changes (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX circuit_changes_by_subject ON circuit_changes (tenant_no, subject_kind, subject_id, at_ms);
`),
}
