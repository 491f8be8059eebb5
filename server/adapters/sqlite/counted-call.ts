import type { Database, Statement } from 'better-sqlite3'
import type { CountedCall } from '../../domain/analytics/contribution.ts'
import { countryOf } from '../../domain/numbers/country-of.ts'
import { type AttemptRow, type CallRow, toAttempt } from './call-columns.ts'
import { given } from './rows.ts'

/** A call that is over, with the number of its tenant. */
export interface CountedRow {
  readonly tenantNo: number
  readonly call: CountedCall
}

export type ClosedRow = CallRow & { readonly tenant_no: number; readonly country?: string | null }

const toCounted = (row: ClosedRow, attempts: readonly AttemptRow[]): CountedCall => ({
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
  attempts: attempts.map(toAttempt),
})

/** Reads calls as roll-ups count them. */
export const createCountedCalls = (db: Database) => {
  const settled: Statement<[number], ClosedRow> = db.prepare(
    'SELECT * FROM call_records WHERE no = ? AND is_pending = 0',
  )
  const within: Statement<[number, number, number], ClosedRow> = db.prepare(
    'SELECT * FROM call_records WHERE tenant_no = ? AND started_at_ms >= ? AND started_at_ms < ? AND is_pending = 0',
  )
  const unsettled: Statement<[number], ClosedRow> = db.prepare(
    'SELECT * FROM call_records INDEXED BY call_records_unsettled WHERE tenant_no = ? AND is_pending = 1 AND is_open = 0',
  )
  const attempts: Statement<[number, number], AttemptRow> = db.prepare(
    'SELECT * FROM dial_attempts WHERE tenant_no = ? AND call_no = ? ORDER BY n',
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
    unsettled: (tenantNo: number): CountedRow[] => unsettled.all(tenantNo).map(counted),
  }
}
