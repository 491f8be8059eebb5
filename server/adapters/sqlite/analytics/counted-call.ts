import type { Database, Statement } from 'better-sqlite3'
import type { CountedAttempt, CountedCall } from '../../../domain/analytics/contribution.ts'
import { countryOf } from '../../../domain/numbers/country-of.ts'
import type { AttemptRow, CallRow } from '../calls/call-columns.ts'
import { given } from '../query/rows.ts'

/** A call that is over, with the number of its tenant. */
export interface CountedRow {
  readonly tenantNo: number
  readonly call: CountedCall
}

/** Only these are read: making objects of whole rows costs more than finding them. */
const columns = [
  'no',
  'tenant_no',
  'direction',
  'from_number',
  'to_number',
  'started_at_ms',
  'disposition',
  'answered_at_ms',
  'ring_seconds',
  'talk_seconds',
  'duration_seconds',
  'attempt_count',
  'agent_id',
  'group_id',
  'rule_id',
  'trunk_id',
  'provider',
  'country',
] as const
type ClosedRow = Pick<CallRow & { readonly tenant_no: number }, (typeof columns)[number]>

const attemptColumns = ['agent_id', 'group_id', 'provider', 'trunk_id', 'result'] as const
type TriedRow = Pick<AttemptRow, (typeof attemptColumns)[number]>

const toTried = ({ agent_id, group_id, provider, trunk_id, result }: TriedRow): CountedAttempt => ({
  agentId: given(agent_id),
  groupId: given(group_id),
  provider: given(provider),
  trunkId: given(trunk_id),
  result: given(result),
})

const toCounted = (row: ClosedRow, attempts: readonly TriedRow[]): CountedCall => ({
  startedAtMs: row.started_at_ms,
  disposition: given(row.disposition),
  answeredAtMs: given(row.answered_at_ms),
  ringSeconds: given(row.ring_seconds),
  talkSeconds: given(row.talk_seconds),
  durationSeconds: given(row.duration_seconds),
  attemptCount: row.attempt_count,
  agentId: given(row.agent_id),
  groupId: given(row.group_id),
  ruleId: given(row.rule_id),
  trunkId: given(row.trunk_id),
  provider: given(row.provider),
  country: row.country ?? countryOf(row.direction === 'inbound' ? row.from_number : row.to_number),
  attempts: attempts.map(toTried),
})

/** Reads calls as roll-ups count them. */
export const createCountedCalls = (db: Database) => {
  const select = `SELECT ${columns.join(', ')} FROM call_records`
  const settled: Statement<[number], ClosedRow> = db.prepare(`${select} WHERE no = ? AND is_pending = 0`)
  const within: Statement<[number, number, number], ClosedRow> = db.prepare(
    `${select} WHERE tenant_no = ? AND started_at_ms >= ? AND started_at_ms < ? AND is_pending = 0`,
  )
  const unsettled: Statement<[number, number, number], ClosedRow> = db.prepare(
    `${select} INDEXED BY call_records_unsettled
WHERE tenant_no = ? AND started_at_ms >= ? AND started_at_ms < ? AND is_pending = 1 AND is_open = 0`,
  )
  const attempts: Statement<[number, number], TriedRow> = db.prepare(
    `SELECT ${attemptColumns.join(', ')} FROM dial_attempts WHERE tenant_no = ? AND call_no = ? ORDER BY n`,
  )
  const counted = (row: ClosedRow): CountedRow => ({
    tenantNo: row.tenant_no,
    call: toCounted(row, attempts.all(row.tenant_no, row.no)),
  })
  return {
    /** Undefined while it is not settled, and when there is none. */
    get: (no: number): CountedRow | undefined => {
      const row = settled.get(no)
      return row && counted(row)
    },
    /** Those that are settled. */
    within: (tenantNo: number, fromMs: number, untilMs: number): CountedRow[] =>
      within.all(tenantNo, fromMs, untilMs).map(counted),
    /** Those that are over and not settled yet. */
    unsettled: (tenantNo: number, fromMs: number, untilMs: number): CountedRow[] =>
      unsettled.all(tenantNo, fromMs, untilMs).map(counted),
  }
}
