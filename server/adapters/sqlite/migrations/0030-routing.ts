import type { Migration } from '../file/migrate.ts'

/** `fallback_id` and `target_id` repeat the id inside the target, so that what refers to an agent or a group is found by index. */
export const routing: Migration = {
  version: 30,
  name: 'voice agents, groups and inbound rules',
  up: (db) =>
    db.exec(`
CREATE TABLE voice_agents (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  value TEXT NOT NULL,
  username TEXT,
  password BLOB,
  enabled INTEGER NOT NULL,
  max_concurrent_calls INTEGER,
  tags TEXT NOT NULL,
  metadata TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_agents_by_name ON voice_agents (tenant_id, name COLLATE NOCASE, id);
CREATE INDEX voice_agents_by_provider ON voice_agents (tenant_id, provider);

CREATE TABLE agent_groups (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  strategy TEXT NOT NULL,
  settings TEXT NOT NULL,
  fallback TEXT,
  fallback_id TEXT,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_groups_by_name ON agent_groups (tenant_id, name COLLATE NOCASE, id);
CREATE INDEX agent_groups_by_fallback ON agent_groups (tenant_id, fallback_id) WHERE fallback_id IS NOT NULL;

-- Both keys hold the tenant: a group cannot have another tenant's agent as member.
CREATE TABLE agent_group_memberships (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  priority INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  position INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id, agent_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES agent_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, agent_id) REFERENCES voice_agents (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_group_memberships_by_agent ON agent_group_memberships (tenant_id, agent_id);

-- The row number is the rule's age: of two rules alike the older one wins.
CREATE TABLE inbound_routing_rules (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  pattern TEXT NOT NULL,
  caller_pattern TEXT,
  label TEXT,
  target TEXT NOT NULL,
  target_id TEXT,
  priority INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  UNIQUE (tenant_id, id)
) STRICT;
CREATE INDEX inbound_routing_rules_by_age ON inbound_routing_rules (tenant_id);
CREATE INDEX inbound_routing_rules_by_priority ON inbound_routing_rules (tenant_id, priority);
CREATE INDEX inbound_routing_rules_by_target ON inbound_routing_rules (tenant_id, target_id) WHERE target_id IS NOT NULL;
`),
}
