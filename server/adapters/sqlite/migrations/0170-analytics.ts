import type { Migration } from '../file/migrate.ts'

const outcomes = ['answered', 'busy', 'no_answer', 'cancelled', 'congestion', 'failed', 'lost', 'other']
const results = ['answered', 'busy', 'no_answer', 'failed', 'cancelled']
const measures = [
  'calls',
  ...outcomes.map((outcome) => `outcome_${outcome}`),
  ...['failed_over', 'talk_ms', 'talk_count', 'delay_ms', 'delay_count', 'duration_ms', 'attempts'],
  ...results.map((result) => `attempts_${result}`),
]

/**
 * Sums over calls by one dimension each, in buckets of 15 minutes, an hour, a UTC day and seven of them. Time comes before the key: what is written
 * now lies together, whatever the calls were about. Calls of before this step are counted by a rebuild, which begins where
 * `analytics_rebuilds` says.
 */
export const analytics: Migration = {
  version: 170,
  name: 'analytics roll-ups',
  up: (db, nowMs) => {
    db.exec(`
CREATE TABLE analytics_rollups (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  dimension TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  key TEXT NOT NULL,
  ${measures.map((measure) => `${measure} INTEGER NOT NULL`).join(',\n  ')},
  PRIMARY KEY (tenant_no, dimension, minutes, start_ms, key)
) STRICT, WITHOUT ROWID;

-- Of whole tenants (key '') and of providers; bins as in log-bins.ts.
CREATE TABLE analytics_answer_delays (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  minutes INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  key TEXT NOT NULL,
  bin INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, minutes, start_ms, key, bin)
) STRICT, WITHOUT ROWID;

-- How long CXML answers took, in bins of microseconds.
CREATE TABLE analytics_decision_times (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  minutes INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  bin INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, minutes, start_ms, bin)
) STRICT, WITHOUT ROWID;

CREATE TABLE analytics_deadlines (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  minutes INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  answers INTEGER NOT NULL,
  under_10_ms INTEGER NOT NULL,
  under_50_ms INTEGER NOT NULL,
  under_100_ms INTEGER NOT NULL,
  under_500_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, minutes, start_ms)
) STRICT, WITHOUT ROWID;

-- Rebuilds that go on: which quarter of an hour is next.
CREATE TABLE analytics_rebuilds (
  tenant_no INTEGER PRIMARY KEY REFERENCES tenants (no) ON DELETE CASCADE,
  next_ms INTEGER NOT NULL,
  requested_at_ms INTEGER NOT NULL
) STRICT;`)
    db.prepare(
      `INSERT INTO analytics_rebuilds SELECT no, 0, ? FROM tenants
WHERE EXISTS (SELECT 1 FROM call_records WHERE tenant_no = tenants.no)`,
    ).run(nowMs)
  },
}
