import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { migrate, type Migration } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'

const options = { file: 'test.db', nowMs: 1 }
const version = (db: Database.Database) => db.pragma('user_version', { simple: true })
const tables = (db: Database.Database) =>
  db
    .prepare<[], { name: string }>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all()
    .map(({ name }) => name)

const newest = migrations.at(-1)!.version

const open = () => {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  return db
}

/** A row of every table there is after a step, in an order that foreign keys allow. */
const rowsAfter: Record<number, string> = {
  10: `
INSERT INTO meta VALUES ('k', 'v');
INSERT INTO tenants (id, name, domain, domain_aliases, data_key, time_zone, default_country, settings, config_version, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'T', 't.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1);
INSERT INTO tenant_keys VALUES ('t', 0, x'00', NULL);
INSERT INTO signing_keys VALUES ('t', 0, 'k', x'00');
INSERT INTO api_tokens VALUES ('a', 'A', 'owner', 't', 'h', 1, NULL, NULL);
INSERT INTO sessions VALUES ('h', 'c', 'n', 'owner', 1, 2);
INSERT INTO sign_in_codes VALUES ('h', 2);`,
  20: "UPDATE providers SET display_name = 'Mine' WHERE key = 'vapi';",
  30: `
INSERT INTO voice_agents (tenant_id, id, name, provider, value, enabled, tags, metadata, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'a', 'A', 'vapi', '+1', 1, '[]', '{}', 1, 1, 1);
INSERT INTO agent_groups VALUES ('t', 'g', 'G', 'priority', '{}', NULL, NULL, 1, 1, 1);
INSERT INTO agent_group_memberships (tenant_id, group_id, agent_id, priority, weight, position, enabled)
  VALUES ('t', 'g', 'a', 1, 1, 1, 1);
INSERT INTO inbound_routing_rules (tenant_id, id, name, pattern, target, priority, enabled, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'r', 'R', '*', '{}', 1, 1, 1, 1, 1);`,
  40: `
INSERT INTO call_records (no, tenant_no, id, token, direction, from_number, to_number, state, started_at_ms, attempt_count, deadline_ms, updated_at_ms, is_open)
  VALUES (1, 1, 'c', 'tok', 'inbound', '+1', '+2', 'routing', 1, 0, 9, 1, 1);
INSERT INTO dial_attempts (tenant_no, call_no, n, decision_id, agent_id, provider, group_id, started_at_ms, lease_until_ms)
  VALUES (1, 1, 1, 'd', 'a', 'vapi', 'g', 1, 9);
INSERT INTO call_transitions VALUES (1, 1, 1, 1, 'e', NULL, 'received', NULL);
INSERT INTO routing_decisions VALUES (1, 1, 1, 'd', 1, '{}', '{}', '<Response/>');`,
  50: `
INSERT INTO webhook_audit (no, tenant_no, id, kind, at_ms, token, outcome, status, latency_micros, headers, payload)
  VALUES (1, 1, 'w', 'cdr', 1, 'tok', 'applied', 200, 5, '{}', '');
INSERT INTO webhook_answers VALUES (1, 1, x'00', 1, 200, x'00');`,
  60: `
INSERT INTO runtime_tallies VALUES ('t', 'g', 'e', 1);
INSERT INTO runtime_tally_members VALUES ('t', 'g', 'a', 0.5, NULL);
INSERT INTO runtime_tally_buckets VALUES ('t', 'g', 'a', 0, 3);`,
  70: "UPDATE dial_attempts SET number = '+2' WHERE n = 1;",
  72: 'UPDATE call_records SET revision = 3; UPDATE dial_attempts SET revision = 2;',
  80: `
INSERT INTO schedules VALUES ('t', 's', 'S', 'UTC', '[]', '[]', 1, 1, 1);
UPDATE voice_agents SET schedule_id = 's';
UPDATE inbound_routing_rules SET schedule_id = 's';`,
  90: "UPDATE tenants SET cloudonix_api_key = x'00' WHERE id = 't';",
  100: `INSERT INTO routing_test_cases VALUES ('t', 'c', 'C', NULL, '+1', '+2', NULL, '{"outcome":"hangup"}', 1, 1, 1);`,
  110: `
UPDATE voice_agents SET draining = 1, circuit_override = 'open';
UPDATE agent_group_memberships SET ring_timeout_seconds = 20;
INSERT INTO circuit_changes VALUES (1, 1, 'agent', 'a', 1, 'closed', 'open', '3 failed in a row');`,
  120: "UPDATE tenants SET rules_version = 2 WHERE id = 't';",
  130: `
INSERT INTO trunks VALUES ('t', 'k', 'carrier', '7', 'outbound', 1, NULL, 1, 1, 'present', 1, 1, 1);
INSERT INTO numbers VALUES ('t', 'n', '+1', 'did', NULL, 0, 1, 1, 1);
INSERT INTO outbound_routing_rules (tenant_id, id, name, destination_pattern, trunk_ids, strip_digits, prepend, priority, enabled, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'o', 'O', '*', '[]', 0, '', 1, 1, 1, 1, 1);
UPDATE dial_attempts SET trunk_plan = '{"left":[]}';`,
  140: `UPDATE call_records SET stage = '{"direction":"outbound","from":"+1","to":"+2"}';`,
  150: "INSERT INTO nodes VALUES ('n', 1, 0);",
  155: "INSERT INTO outgoing_requests VALUES (1, 'acme.cloudonix.net', 1, 5); INSERT INTO outgoing_holds VALUES ('acme.cloudonix.net', 9);",
  170: `
INSERT INTO analytics_rollups VALUES (1, 'tenant', 15, 0, '', ${Array.from({ length: 21 }, () => 1).join(', ')});
INSERT INTO analytics_answer_delays VALUES (1, 15, 0, '', 7, 1);
INSERT INTO analytics_decision_times VALUES (1, 15, 0, 7, 1);
INSERT INTO analytics_deadlines VALUES (1, 15, 0, 1, 1, 1, 1, 1);`,
  200: `
INSERT INTO exports (tenant_no, id, state, request, shown, rows, bytes, last_no, created_by, created_at_ms)
  VALUES (1, 'x', 'queued', '{"format":"csv"}', '{}', 0, 0, 1, 'me', 1);`,
  160: "UPDATE call_records SET ssrc = '1', country = 'US', platform_trunk_id = '7', platform_disposition = 'EXTERNAL';",
  165: 'UPDATE call_records SET is_open = 0;',
  190: `
INSERT INTO erasures VALUES (1, 'e', 'erase', 'done', '{}', NULL, 1, 2);
INSERT INTO archives VALUES (1, 'calls', 0, 1, 2, 'ff', 3, NULL);
INSERT INTO retention_marks VALUES (1, 0);`,
  220: 'UPDATE call_records SET is_pending = 1;',
  210: `INSERT INTO saved_filters VALUES ('t', 'f', 'F', '{"state":"busy"}', 1, 1, 1);`,
  230: `
UPDATE exports SET state = 'running';
UPDATE call_records SET started_at_ms = 2;`,
  235: 'UPDATE call_records SET is_pending = 0; UPDATE call_records SET is_pending = 1;',
  240: `
INSERT INTO audit_log VALUES (1, 1, 't', 'token', 'i', 'A', 'owner', 'rest', '127.0.0.1', 'tenants', 'create', 't', NULL, '{}', x'00', x'01');`,
  250: `
INSERT INTO users VALUES ('u', 'ada@example.com', 'Ada', 'admin', 't', 1, '$argon2id$', 5, 1, 1, 1);
INSERT INTO sessions VALUES ('s', 'h', NULL, NULL, 'u', 1, 1, 9, 2, 1), ('o', 'i', NULL, NULL, NULL, 1, 1, 9, 2, 1);
INSERT INTO sign_in_codes (hash, expires_at_ms, user_id) VALUES ('i', 9, 'u');`,
  180: "UPDATE webhook_audit SET bodies = x'00', transitions_before = 2;",
  185: "INSERT INTO webhook_dialect VALUES (1, 'cdr', 'colour', '', 3, 1, 2, 'w');",
}

/** Tables that a step leaves empty, and says so. */
const emptied: Readonly<Record<number, readonly string[]>> = { 250: ['sessions'] }

const dump = (db: Database.Database): Record<string, unknown[]> =>
  Object.fromEntries(tables(db).map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]))

describe('migrations', () => {
  it('go from nothing to the newest, and then have nothing to do', () => {
    const db = open()
    expect(migrate(db, migrations, { ...options, appVersion: '1.2.3' })).toEqual({
      from: 0,
      to: migrations.at(-1)!.version,
    })
    expect(migrate(db, migrations, options)).toEqual({
      from: migrations.at(-1)!.version,
      to: migrations.at(-1)!.version,
    })
    expect(db.pragma('application_id', { simple: true })).toBe(0x53575944)
    expect(db.prepare("SELECT value FROM meta WHERE key = 'schema_written_by'").get()).toEqual({ value: '1.2.3' })
    expect(db.pragma('foreign_key_check')).toEqual([])
  })

  it('are listed in order, and each has sample rows here', () => {
    const versions = migrations.map((migration) => migration.version)
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    expect(Object.keys(rowsAfter).map(Number)).toEqual(versions)
  })

  it('make strict tables only', () => {
    const db = open()
    migrate(db, migrations, options)
    const loose = db
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 ORDER BY name",
      )
      .all()
    expect(loose).toEqual([{ name: 'sqlite_schema' }, { name: 'sqlite_sequence' }].filter(({ name }) => name !== ''))
  })

  it.each(migrations.map((migration, n) => [migration.version, n] as const))(
    'step %i leaves what was there as it was',
    (step, n) => {
      const db = open()
      for (const [done, migration] of migrations.slice(0, n).entries()) {
        migrate(db, migrations.slice(0, done + 1), options)
        db.exec(rowsAfter[migration.version]!)
      }
      const rows = dump(db)
      migrate(db, migrations.slice(0, n + 1), options)
      expect(version(db)).toBe(step)
      for (const table of emptied[step] ?? []) rows[table] = []
      expect(dump(db)).toMatchObject(rows)
      db.exec(rowsAfter[step]!)
    },
  )

  it('take everything of a tenant along when it is deleted', () => {
    const db = open()
    for (const [n, { version: done }] of migrations.entries()) {
      migrate(db, migrations.slice(0, n + 1), options)
      db.exec(rowsAfter[done]!)
    }
    db.exec('DELETE FROM tenants')
    const kept = Object.entries(dump(db)).filter(([, rows]) => rows.length > 0)
    expect(kept.map(([table]) => table).sort()).toEqual([
      'audit_log',
      'meta',
      'nodes',
      'outgoing_holds',
      'outgoing_requests',
      'providers',
      'sessions',
      'sign_in_codes',
    ])
  })

  it('have calls of before the roll-ups counted, of tenants that have any', () => {
    const db = open()
    const before = migrations.filter(({ version: step }) => step < 170)
    migrate(db, before, options)
    for (const { version: step } of before) db.exec(rowsAfter[step]!)
    db.exec(`INSERT INTO tenants (id, name, domain, domain_aliases, data_key, time_zone, default_country, settings, config_version, version, created_at_ms, updated_at_ms)
  VALUES ('u', 'U', 'u.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1)`)
    migrate(db, migrations, options)
    expect(db.prepare('SELECT * FROM analytics_rebuilds').all()).toEqual([
      { tenant_no: 1, next_ms: 0, requested_at_ms: options.nowMs },
    ])
  })

  it('leave the file as it was when a step fails', () => {
    const db = open()
    migrate(db, migrations.slice(0, 1), options)
    const broken: Migration = { version: 30, name: 'broken', up: (inside) => inside.exec('CREATE TABLE x (a) STRICT') }
    const half: Migration = {
      version: 20,
      name: 'half',
      up: (inside) => inside.exec('CREATE TABLE half (a TEXT) STRICT'),
    }
    expect(() => migrate(db, [...migrations.slice(0, 1), half, broken], options)).toThrow()
    expect(version(db)).toBe(10)
    expect(tables(db)).not.toContain('half')
  })

  it('refuse a file from a newer build, or of another program', () => {
    const db = open()
    migrate(db, migrations, options)
    expect(() => migrate(db, migrations.slice(0, 2), options)).toThrow(
      `test.db has schema ${newest}; this build knows schemas up to 20`,
    )
    const other = open()
    other.exec('CREATE TABLE theirs (a)')
    expect(() => migrate(other, migrations, options)).toThrow(/another program/)
    const future = open()
    future.pragma(`user_version = ${newest + 10}`)
    expect(() => migrate(future, migrations, options)).toThrow(/Install version that wrote it or newer/)
  })
})
