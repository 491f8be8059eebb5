import type { WebhookKind } from '../../../../shared/vocabulary.ts'
import type { Call } from '../../../domain/calls/call.ts'
import type { GivenAnswer, UnitOfWork } from '../../../ports/call-store.ts'
import { changingValues, openBit } from './call-columns.ts'

/** In the order in which a statement binds them. */
export type Values = readonly unknown[]

export interface PackedCall {
  readonly id: string
  readonly token: string
  readonly startedAtMs: number
  readonly isOpen: 0 | 1
  readonly revision: number
  readonly changing: Values
}

/**
 * A unit as it travels to the writer: rows of plain values, what is stored as JSON already text. Objects within objects would
 * be taken apart, put together again and then made into JSON, at three times the price.
 */
export interface PackedUnit {
  readonly tenantId: string
  readonly isRepeated: boolean
  readonly call: PackedCall | undefined
  readonly attempts: readonly Values[]
  readonly transitions: readonly Values[]
  readonly circuitChanges: readonly Values[]
  readonly decision: Values | undefined
  readonly webhookEvent: Values | undefined
  readonly answer: GivenAnswer | undefined
  /** A CXML answer was given: when it was asked for, and how long it took. */
  readonly answered: { readonly atMs: number; readonly micros: number } | undefined
}

const packCall = (call: Call): PackedCall => ({
  id: call.id,
  token: call.token,
  startedAtMs: call.startedAtMs,
  isOpen: openBit(call),
  revision: call.revision,
  changing: changingValues(call),
})

const packAttempt = (attempt: Call['attempts'][number]): Values => {
  const { n, decisionId, agentId, number, provider, trunkId, trunkPlan, groupId, ...rest } = attempt
  const { startedAtMs, endedAtMs, result, leaseUntilMs } = rest
  const plan = trunkPlan && JSON.stringify(trunkPlan)
  return [
    n,
    decisionId,
    agentId,
    provider,
    trunkId,
    groupId,
    startedAtMs,
    endedAtMs,
    result,
    leaseUntilMs,
    number,
    plan,
  ]
}

const packDecision = ({ id, atMs, outcome, explanation, cxml }: NonNullable<UnitOfWork['decision']>): Values => [
  id,
  atMs,
  JSON.stringify(outcome),
  JSON.stringify(explanation),
  cxml,
]

const packEvent = (event: NonNullable<UnitOfWork['webhookEvent']>): Values => {
  const { id, kind, atMs, token, outcome, reason, status, latencyMicros, headers, payload, answer } = event
  return [id, kind, atMs, token, outcome, reason, status, latencyMicros, JSON.stringify(headers), payload, answer]
}

const answersCxml: readonly WebhookKind[] = ['voice_request', 'dial_result']

const packAnswered = ({ webhookEvent }: UnitOfWork): PackedUnit['answered'] =>
  webhookEvent && answersCxml.includes(webhookEvent.kind)
    ? { atMs: webhookEvent.atMs, micros: webhookEvent.latencyMicros }
    : undefined

export const packUnit = (unit: UnitOfWork): PackedUnit => {
  const { tenantId, isRepeated = false, call, attempts = [], transitions = [], circuitChanges = [] } = unit
  const { decision, webhookEvent, answer } = unit
  return {
    tenantId,
    isRepeated,
    call: call && packCall(call),
    attempts: attempts.map(packAttempt),
    transitions: transitions.map(({ atMs, event, from, to, ignored }) => [atMs, event, from, to, ignored]),
    circuitChanges: circuitChanges.map(({ atMs, subject, from, to, reason }) => [
      subject.kind,
      subject.id,
      atMs,
      from,
      to,
      reason,
    ]),
    decision: decision && packDecision(decision),
    webhookEvent: webhookEvent && packEvent(webhookEvent),
    answer,
    answered: packAnswered(unit),
  }
}
