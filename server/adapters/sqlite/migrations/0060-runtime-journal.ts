import type { Migration } from '../file/migrate.ts'

/** What the embedded runtime state remembers of each group: its epoch, each member's balance, first choices by time bucket. */
export const runtimeJournal: Migration = {
  version: 60,
  name: 'runtime journal',
  up: (db) =>
    db.exec(`
CREATE TABLE runtime_tallies (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  epoch_started_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runtime_tally_members (
  tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  balance REAL NOT NULL,
  last_used_at_ms INTEGER,
  PRIMARY KEY (tenant_id, group_id, agent_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES runtime_tallies (tenant_id, group_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE runtime_tally_buckets (
  tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  first_choices INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id, agent_id, start_ms),
  FOREIGN KEY (tenant_id, group_id, agent_id) REFERENCES runtime_tally_members (tenant_id, group_id, agent_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`),
}
