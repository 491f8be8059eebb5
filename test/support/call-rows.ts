import Database from 'better-sqlite3'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'

const hostile = `json_array('=1+1', '+12025550100', '-7', '@SUM(A1)', char(9) || 'tab', char(13) || 'return', '''quoted', '"', 'a,b', 'two' || char(10) || 'lines', '🦊', 'nul' || char(0) || 'inside', '', '_x0041_',
  ' =1', 'x;=1', ';''', 'y' || char(10) || '@1')`

/** Writes so many calls of a tenant into the file, some of them with texts that files of records choke on. */
export const addCallRows = (
  dataDir: string,
  tenantId: string,
  agentId: string,
  count: number,
  /** Of the reason, where it is none of those. */
  reasonLength = 0,
): void => {
  const db = new Database(databaseFile(dataDir), { timeout: 20_000 })
  db.prepare(
    `WITH RECURSIVE hostile(h) AS (SELECT ${hostile}),
n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
INSERT INTO call_records (tenant_no, id, token, direction, from_number, to_number, state, disposition, agent_id, provider,
  started_at_ms, answered_at_ms, ended_at_ms, ring_seconds, talk_seconds, duration_seconds, attempt_count, rx_mos, reason,
  country, deadline_ms, updated_at_ms, is_open, is_pending)
SELECT (SELECT no FROM tenants WHERE id = @tenantId), printf('id%018d', i) || @tenantId, printf('%032x', i) || @tenantId,
  iif(i % 5 = 0, 'outbound', 'inbound'), iif(i % 7 = 0, json_extract(h, '$[' || (i % 18) || ']'), '+1202555' || (1000 + i % 900)),
  '+12025550100', iif(i % 3 = 0, 'busy', 'completed'), iif(i % 3 = 0, 'busy', 'answered'), iif(i % 4 = 0, NULL, @agentId), 'vapi',
  1700000000000 + (i / 3) * 1000, iif(i % 3 = 0, NULL, 1700000003000 + i), 1700000093000 + i, 3, i % 90, i % 90 + 3.5, i % 3,
  iif(i % 2 = 0, NULL, 1 + (i % 40) / 10.0), iif(i % 11 = 0, json_extract(h, '$[' || (i % 18) || ']'), nullif(hex(zeroblob(@reasonLength / 2)), '')), 'US', 1, 1, 0, 0
FROM n, hostile`,
  ).run({ count, tenantId, agentId, reasonLength })
  db.close()
}
