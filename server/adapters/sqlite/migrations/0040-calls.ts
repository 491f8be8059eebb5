import type { Migration } from '../file/migrate.ts'

/**
 * Written with every webhook, so keys are integers that only grow (new rows land on the same few pages) and each index earns its
 * keep: by token (the next webhook), by id, by start (the list), and the few calls not yet over. What belongs to a call carries
 * its number; the tenant comes first in every key, so that deleting a tenant finds its rows.
 */
export const calls: Migration = {
  version: 40,
  name: 'call records',
  up: (db) =>
    db.exec(`
CREATE TABLE call_records (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id TEXT NOT NULL,
  token TEXT NOT NULL,
  direction TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  state TEXT NOT NULL,
  disposition TEXT,
  reason TEXT,
  rule_id TEXT,
  group_id TEXT,
  agent_id TEXT,
  trunk_id TEXT,
  provider TEXT,
  started_at_ms INTEGER NOT NULL,
  answered_at_ms INTEGER,
  ended_at_ms INTEGER,
  ring_seconds REAL,
  talk_seconds REAL,
  duration_seconds REAL,
  rx_mos REAL,
  tx_mos REAL,
  rtt_ms REAL,
  config_version INTEGER,
  attempt_count INTEGER NOT NULL,
  is_announced INTEGER,
  deadline_ms INTEGER NOT NULL,
  cdr_hash TEXT,
  is_corrected INTEGER,
  updated_at_ms INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  UNIQUE (tenant_no, token),
  UNIQUE (tenant_no, id)
) STRICT;
CREATE INDEX call_records_by_start ON call_records (tenant_no, started_at_ms);
CREATE INDEX call_records_open ON call_records (tenant_no, started_at_ms) WHERE is_open = 1;

CREATE TABLE dial_attempts (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  call_no INTEGER NOT NULL,
  n INTEGER NOT NULL,
  decision_id TEXT NOT NULL,
  agent_id TEXT,
  provider TEXT,
  trunk_id TEXT,
  group_id TEXT,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  result TEXT,
  lease_until_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, call_no, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_transitions (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  call_no INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  from_state TEXT,
  to_state TEXT,
  ignored TEXT,
  PRIMARY KEY (tenant_no, call_no, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE routing_decisions (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  call_no INTEGER,
  id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  explanation TEXT NOT NULL,
  cxml TEXT NOT NULL
) STRICT;
CREATE INDEX routing_decisions_by_call ON routing_decisions (tenant_no, call_no);
`),
}
