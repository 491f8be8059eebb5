import type { Call, DialAttempt } from '../../../server/domain/calls/call.ts'
import type { UnitOfWork } from '../../../server/ports/call-store.ts'
import { attemptResults, dispositions, type CallState, type Disposition } from '../../../shared/vocabulary.ts'
import { aCall } from '../../support/store-rows.ts'

export const tenantId = 'tenant-1'
export const firstMs = Date.UTC(2025, 9, 19, 17, 45)
/** Clocks go back in Berlin on 26 October and in New York on 2 November. */
export const lastMs = Date.UTC(2025, 10, 5, 3, 15)

export type Random = () => number

/** The same numbers for the same seed. */
export const randomFrom = (seed: number): Random => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const states: Readonly<Record<Disposition, CallState>> = {
  answered: 'completed',
  busy: 'busy',
  no_answer: 'no_answer',
  cancelled: 'no_answer',
  congestion: 'failed',
  failed: 'failed',
  lost: 'failed',
  other: 'failed',
}
const numbers = ['+4930901820', '+12025550123', '+97714200000', '+442071838750', 'anonymous', '4711']

const one = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const chance = (random: Random, share: number): boolean => random() < share

const attemptsOf = (random: Random, startedAtMs: number): DialAttempt[] =>
  Array.from({ length: Math.floor(random() * 4) }, (_, i) => {
    const agent = Math.floor(random() * 6)
    const isTrunk = chance(random, 0.15)
    return {
      n: i + 1,
      decisionId: `decision-${i}`,
      ...(isTrunk
        ? { number: '+12025550199', trunkId: `trunk-${agent % 2}` }
        : { agentId: `agent-${agent}`, provider: one(random, ['vapi', 'retell']), groupId: `group-${agent % 2}` }),
      startedAtMs,
      endedAtMs: startedAtMs + 5000,
      result: chance(random, 0.05) ? undefined : one(random, attemptResults),
      leaseUntilMs: startedAtMs + 60_000,
    }
  })

const outcomeOf = (random: Random, startedAtMs: number): Partial<Call> => {
  const disposition = one(random, dispositions)
  const isAnswered = disposition === 'answered'
  const knowsWhen = chance(random, 0.7)
  return {
    disposition: chance(random, 0.03) ? undefined : disposition,
    state: states[disposition],
    answeredAtMs: isAnswered && knowsWhen ? startedAtMs + Math.floor(random() ** 3 * 60_000) : undefined,
    ringSeconds: chance(random, 0.8) ? Math.floor(random() * 40_000) / 1000 : undefined,
    talkSeconds: isAnswered && chance(random, 0.9) ? Math.floor(random() * 900) : undefined,
    durationSeconds: chance(random, 0.9) ? Math.floor(random() * 1000) : undefined,
  }
}

const unitOf = (call: Call): UnitOfWork => ({ tenantId, call, attempts: call.attempts })

/**
 * Everything that is stored of one call, in the order it happened: it begins, mostly ends, and some are told anew by a late CDR that
 * moves them to another time and outcome; some were begun by two nodes at once.
 */
const unitsOf = (random: Random, n: number): UnitOfWork[] => {
  const startedAtMs = firstMs + Math.floor(random() * (lastMs - firstMs))
  const attempts = attemptsOf(random, startedAtMs)
  const last = attempts.at(-1)
  const begun = aCall({
    id: `call-${n}`,
    tenantId,
    direction: chance(random, 0.8) ? 'inbound' : 'outbound',
    from: one(random, numbers),
    to: one(random, numbers),
    startedAtMs,
    ruleId: chance(random, 0.9) ? `rule-${Math.floor(random() * 5)}` : undefined,
    agentId: last?.agentId,
    groupId: last?.groupId,
    provider: last?.provider,
    trunkId: last?.trunkId,
    attempts: attempts.slice(0, 1),
    updatedAtMs: startedAtMs,
  })
  const units = [unitOf(begun)]
  if (chance(random, 0.05)) return units
  const ended = { ...begun, ...outcomeOf(random, startedAtMs), attempts, revision: 2 }
  units.push(unitOf(ended))
  if (chance(random, 0.3)) {
    const movedMs = startedAtMs + Math.floor((random() - 0.5) * 7_200_000)
    units.push(unitOf({ ...ended, startedAtMs: movedMs, ...outcomeOf(random, movedMs), revision: 3 }))
  }
  if (chance(random, 0.05)) units.splice(1, 0, unitOf({ ...ended, id: `other-${n}`, agentId: 'agent-5', revision: 2 }))
  return units
}

const answerTo = (random: Random, n: number): UnitOfWork => ({
  tenantId,
  webhookEvent: {
    id: `event-${n}`,
    kind: one(random, ['voice_request', 'dial_result', 'session_update', 'cdr'] as const),
    atMs: firstMs + Math.floor(random() * (lastMs - firstMs)),
    outcome: 'applied',
    status: 200,
    latencyMicros: Math.floor(10 ** (random() * 6)),
    headers: {},
    payload: '',
  },
})

/** What so many calls leave behind, with duplicates, and out of order. */
export const randomUnits = (random: Random, count: number, from = 0): UnitOfWork[] => {
  const units: { unit: UnitOfWork; at: number }[] = []
  for (let n = from; n < from + count; n += 1) {
    for (const [i, unit] of unitsOf(random, n).entries()) {
      const at = n + i * 3 + random() * 8
      units.push({ unit, at })
      if (chance(random, 0.1)) units.push({ unit, at: at + random() * 50 })
    }
    const answer = answerTo(random, n)
    units.push({ unit: answer, at: n })
    if (chance(random, 0.1)) units.push({ unit: { ...answer, isRepeated: true }, at: n + 40 })
  }
  return units.sort((a, b) => a.at - b.at).map(({ unit }) => unit)
}
