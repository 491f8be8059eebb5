import type { CallRecord } from '../../../../shared/contract/calls.ts'
import { isTerminal } from '../../../../shared/vocabulary.ts'
import type { Call, DialAttempt } from '../../../domain/calls/call.ts'
import { bit, given, optionalBit, parseGiven } from '../query/rows.ts'

/** How a call lies in its row. The write path binds by position, so the order here is the order of the values. */
export const changingColumns = [
  'direction',
  'from_number',
  'to_number',
  'state',
  'disposition',
  'reason',
  'rule_id',
  'group_id',
  'agent_id',
  'trunk_id',
  'provider',
  'answered_at_ms',
  'ended_at_ms',
  'ring_seconds',
  'talk_seconds',
  'duration_seconds',
  'rx_mos',
  'tx_mos',
  'rtt_ms',
  'ssrc',
  'country',
  'platform_trunk_id',
  'platform_disposition',
  'config_version',
  'attempt_count',
  'is_announced',
  'deadline_ms',
  'cdr_hash',
  'is_corrected',
  'updated_at_ms',
  'revision',
  'stage',
] as const

export const indexedColumns = ['started_at_ms', 'is_open'] as const

export const changingValues = (call: Call): unknown[] => [
  call.direction,
  call.from,
  call.to,
  call.state,
  call.disposition,
  call.reason,
  call.ruleId,
  call.groupId,
  call.agentId,
  call.trunkId,
  call.provider,
  call.answeredAtMs,
  call.endedAtMs,
  call.ringSeconds,
  call.talkSeconds,
  call.durationSeconds,
  call.quality?.rxMos,
  call.quality?.txMos,
  call.quality?.rttMs,
  call.quality?.ssrc,
  call.country,
  call.platformTrunkId,
  call.platformDisposition,
  call.configVersion,
  call.attempts.length,
  optionalBit(call.announced),
  call.deadlineMs,
  call.cdrHash,
  optionalBit(call.corrected),
  call.updatedAtMs,
  call.revision,
  call.stage && JSON.stringify(call.stage),
]

export const openBit = (call: Call): 0 | 1 => bit(!isTerminal(call.state))

export interface CallRow {
  readonly no: number
  readonly id: string
  readonly token: string
  readonly direction: Call['direction']
  readonly from_number: string
  readonly to_number: string
  readonly state: Call['state']
  readonly disposition: NonNullable<Call['disposition']> | null
  readonly reason: string | null
  readonly rule_id: string | null
  readonly group_id: string | null
  readonly agent_id: string | null
  readonly trunk_id: string | null
  readonly provider: string | null
  readonly started_at_ms: number
  readonly answered_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly ring_seconds: number | null
  readonly talk_seconds: number | null
  readonly duration_seconds: number | null
  readonly rx_mos: number | null
  readonly tx_mos: number | null
  readonly rtt_ms: number | null
  readonly ssrc: string | null
  readonly country: string | null
  readonly platform_trunk_id: string | null
  readonly platform_disposition: string | null
  readonly config_version: number | null
  readonly attempt_count: number
  readonly is_announced: number | null
  readonly deadline_ms: number
  readonly cdr_hash: string | null
  readonly is_corrected: number | null
  readonly updated_at_ms: number
  readonly revision: number
  readonly stage: string | null
}

/** A record with the names of what it refers to, as far as that still exists. */
export interface NamedCallRow extends CallRow {
  readonly agent_name: string | null
  readonly group_name: string | null
  readonly rule_name: string | null
}

export interface AttemptRow {
  readonly n: number
  readonly decision_id: string
  readonly agent_id: string | null
  readonly number: string | null
  readonly provider: string | null
  readonly trunk_id: string | null
  readonly trunk_plan: string | null
  readonly group_id: string | null
  readonly started_at_ms: number
  readonly ended_at_ms: number | null
  readonly result: NonNullable<DialAttempt['result']> | null
  readonly lease_until_ms: number
}

const quality = ({ rx_mos, tx_mos, rtt_ms, ssrc }: CallRow): Call['quality'] => {
  if (rx_mos === null && tx_mos === null && rtt_ms === null) return undefined
  return {
    ...(rx_mos === null ? {} : { rxMos: rx_mos }),
    ...(tx_mos === null ? {} : { txMos: tx_mos }),
    ...(rtt_ms === null ? {} : { rttMs: rtt_ms }),
    ...(ssrc === null ? {} : { ssrc }),
  }
}

const common = (row: CallRow, tenantId: string) => ({
  id: row.id,
  tenantId,
  token: row.token,
  direction: row.direction,
  from: row.from_number,
  to: row.to_number,
  state: row.state,
  disposition: given(row.disposition),
  reason: given(row.reason),
  ruleId: given(row.rule_id),
  groupId: given(row.group_id),
  agentId: given(row.agent_id),
  trunkId: given(row.trunk_id),
  provider: given(row.provider),
  startedAtMs: row.started_at_ms,
  answeredAtMs: given(row.answered_at_ms),
  endedAtMs: given(row.ended_at_ms),
  ringSeconds: given(row.ring_seconds),
  talkSeconds: given(row.talk_seconds),
  durationSeconds: given(row.duration_seconds),
  quality: quality(row),
  country: given(row.country),
  platformTrunkId: given(row.platform_trunk_id),
  platformDisposition: given(row.platform_disposition),
  configVersion: given(row.config_version),
})

export const toRecord = (row: NamedCallRow, tenantId: string): CallRecord => ({
  ...common(row, tenantId),
  agentName: given(row.agent_name),
  groupName: given(row.group_name),
  ruleName: given(row.rule_name),
  attemptCount: row.attempt_count,
})

export const toAttempt = (row: AttemptRow): DialAttempt => ({
  n: row.n,
  decisionId: row.decision_id,
  agentId: given(row.agent_id),
  number: given(row.number),
  provider: given(row.provider),
  trunkId: given(row.trunk_id),
  trunkPlan: parseGiven(row.trunk_plan),
  groupId: given(row.group_id),
  startedAtMs: row.started_at_ms,
  endedAtMs: given(row.ended_at_ms),
  result: given(row.result),
  leaseUntilMs: row.lease_until_ms,
})

export const toCall = (row: CallRow, tenantId: string, attempts: readonly AttemptRow[]): Call => ({
  ...common(row, tenantId),
  attempts: attempts.map(toAttempt),
  announced: row.is_announced === null ? undefined : row.is_announced === 1,
  deadlineMs: row.deadline_ms,
  cdrHash: given(row.cdr_hash),
  corrected: row.is_corrected === null ? undefined : row.is_corrected === 1,
  updatedAtMs: row.updated_at_ms,
  revision: row.revision,
  stage: parseGiven(row.stage),
})
