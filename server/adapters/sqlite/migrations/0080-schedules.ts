import type { Migration } from '../file/migrate.ts'

/** `schedule_id` is no foreign key: who names a schedule that was deleted goes on naming it, and takes no calls. */
export const schedules: Migration = {
  version: 80,
  name: 'schedules',
  up: (db) =>
    db.exec(`
CREATE TABLE schedules (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  weekly TEXT NOT NULL,
  holidays TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_by_name ON schedules (tenant_id, name COLLATE NOCASE, id);

ALTER TABLE voice_agents ADD COLUMN schedule_id TEXT;
CREATE INDEX voice_agents_by_schedule ON voice_agents (tenant_id, schedule_id) WHERE schedule_id IS NOT NULL;
ALTER TABLE inbound_routing_rules ADD COLUMN schedule_id TEXT;
CREATE INDEX inbound_routing_rules_by_schedule ON inbound_routing_rules (tenant_id, schedule_id)
  WHERE schedule_id IS NOT NULL;
`),
}
