import type { Migration } from '../file/migrate.ts'

const secondary = {
  from: 'from_number',
  to: 'to_number',
  agent: 'agent_id',
  group: 'group_id',
  rule: 'rule_id',
  provider: 'provider',
  direction: 'direction',
  state: 'state',
  disposition: 'disposition',
  failover: 'is_failed_over',
  duration: 'lasted_seconds',
} as const

const numberIsUnused = `
  AND NOT EXISTS (SELECT 1 FROM call_records c WHERE c.is_open = 0 AND c.tenant_no = call_numbers.tenant_no AND c.from_number = call_numbers.number)
  AND NOT EXISTS (SELECT 1 FROM call_records c WHERE c.is_open = 0 AND c.tenant_no = call_numbers.tenant_no AND c.to_number = call_numbers.number)`
const addNumbers = `
  INSERT INTO call_numbers (tenant_no, number) VALUES (new.tenant_no, new.from_number), (new.tenant_no, new.to_number)
  ON CONFLICT DO NOTHING;`
const dropNumbers = `
  DELETE FROM call_numbers WHERE tenant_no = old.tenant_no AND number IN (old.from_number, old.to_number) ${numberIsUnused};`

/**
 * Indexes hold calls that are over, so that a voice request pays for none of them and the transaction that closes a call enters
 * it once; calls going on are few and have an index of their own. The index by start also holds what ranges and parts of numbers
 * are compared with (columns that are computed would not do), so that looking through it reads no records.
 *
 * Parts of numbers are looked for among the different numbers, not the calls: three letters at a time, without places, which
 * keeps it small. Rows that are there are entered here, so that no list is ever short of them; ten million take some minutes.
 */
export const callSearch: Migration = {
  version: 165,
  name: 'search of call records',
  up: (db) =>
    db.exec(`
ALTER TABLE call_records ADD COLUMN lasted_seconds REAL AS (coalesce(duration_seconds, 0)) VIRTUAL;
ALTER TABLE call_records ADD COLUMN mos REAL AS (min(coalesce(rx_mos, tx_mos), coalesce(tx_mos, rx_mos))) VIRTUAL;
ALTER TABLE call_records ADD COLUMN is_failed_over INTEGER AS (attempt_count > 1) VIRTUAL;

DROP INDEX call_records_by_start;
CREATE INDEX call_records_by_start
  ON call_records (tenant_no, started_at_ms, no, from_number, to_number, duration_seconds, rx_mos, tx_mos) WHERE is_open = 0;
${Object.entries(secondary)
  .map(
    ([name, column]) =>
      `CREATE INDEX call_records_by_${name} ON call_records (tenant_no, ${column}, started_at_ms) WHERE is_open = 0;`,
  )
  .join('\n')}
CREATE INDEX call_records_by_trunk ON call_records (tenant_no, trunk_id, started_at_ms)
  WHERE is_open = 0 AND trunk_id IS NOT NULL;
CREATE INDEX call_records_by_mos ON call_records (tenant_no, mos, started_at_ms) WHERE is_open = 0 AND mos IS NOT NULL;

CREATE TABLE call_numbers (
  no INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  number TEXT NOT NULL,
  UNIQUE (tenant_no, number)
) STRICT;
INSERT INTO call_numbers (tenant_no, number)
  SELECT tenant_no, from_number FROM call_records WHERE is_open = 0
  UNION SELECT tenant_no, to_number FROM call_records WHERE is_open = 0;
CREATE VIRTUAL TABLE call_number_parts USING fts5(
  number, content='call_numbers', content_rowid='no', tokenize='trigram case_sensitive 1', detail='none', columnsize=0
);
INSERT INTO call_number_parts (call_number_parts) VALUES ('rebuild');
INSERT INTO call_number_parts (call_number_parts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER call_numbers_added AFTER INSERT ON call_numbers BEGIN
  INSERT INTO call_number_parts (rowid, number) VALUES (new.no, new.number);
END;
CREATE TRIGGER call_numbers_dropped AFTER DELETE ON call_numbers BEGIN
  INSERT INTO call_number_parts (call_number_parts, rowid, number) VALUES ('delete', old.no, old.number);
END;
CREATE TRIGGER call_records_begun_over AFTER INSERT ON call_records WHEN new.is_open = 0 BEGIN ${addNumbers}
END;
CREATE TRIGGER call_records_closed AFTER UPDATE OF is_open ON call_records WHEN old.is_open = 1 AND new.is_open = 0 BEGIN ${addNumbers}
END;
CREATE TRIGGER call_records_renumbered AFTER UPDATE OF from_number, to_number ON call_records
  WHEN old.is_open = 0 AND (new.from_number <> old.from_number OR new.to_number <> old.to_number) BEGIN ${addNumbers} ${dropNumbers}
END;
CREATE TRIGGER call_records_dropped AFTER DELETE ON call_records WHEN old.is_open = 0 BEGIN ${dropNumbers}
END;`),
}
