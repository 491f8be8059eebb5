import type { Migration } from '../file/migrate.ts'

/** `trunk_plan` is what an attempt through a trunk leaves to the next one: the trunks that are left and the caller ID. */
export const outbound: Migration = {
  version: 130,
  name: 'outbound rules, trunks and own numbers',
  up: (db) =>
    db.exec(`
CREATE TABLE trunks (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  cloudonix_id TEXT,
  direction TEXT NOT NULL,
  priority INTEGER NOT NULL,
  capacity INTEGER,
  enabled INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  platform_state TEXT,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  UNIQUE (tenant_id, cloudonix_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX trunks_default ON trunks (tenant_id) WHERE is_default = 1;
CREATE INDEX trunks_by_priority ON trunks (tenant_id, priority, id);

CREATE TABLE numbers (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  kind TEXT NOT NULL,
  agent_id TEXT,
  may_dial_out INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX numbers_by_agent ON numbers (tenant_id, agent_id) WHERE agent_id IS NOT NULL;

-- The row number is the rule's age, as with inbound rules.
CREATE TABLE outbound_routing_rules (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  caller_pattern TEXT,
  destination_pattern TEXT NOT NULL,
  trunk_ids TEXT NOT NULL,
  target TEXT,
  target_id TEXT,
  strip_digits INTEGER NOT NULL,
  prepend TEXT NOT NULL,
  caller_id TEXT,
  priority INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  UNIQUE (tenant_id, id)
) STRICT;
CREATE INDEX outbound_routing_rules_by_priority ON outbound_routing_rules (tenant_id, priority);
CREATE INDEX outbound_routing_rules_by_target ON outbound_routing_rules (tenant_id, target_id)
  WHERE target_id IS NOT NULL;
CREATE INDEX outbound_routing_rules_by_caller_id ON outbound_routing_rules (tenant_id, caller_id)
  WHERE caller_id IS NOT NULL;

ALTER TABLE dial_attempts ADD COLUMN trunk_plan TEXT;
`),
}
