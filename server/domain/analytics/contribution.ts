import type { AttemptResult, Disposition } from '../../../shared/vocabulary.ts'
import type { Amounts, RollupDimension } from './measures.ts'

export interface CountedAttempt {
  readonly agentId?: string | undefined
  readonly groupId?: string | undefined
  readonly provider?: string | undefined
  readonly trunkId?: string | undefined
  readonly result?: AttemptResult | undefined
}

/** What roll-ups need to know of a call that is over. */
export interface CountedCall {
  readonly startedAtMs: number
  readonly disposition?: Disposition | undefined
  readonly answeredAtMs?: number | undefined
  readonly ringSeconds?: number | undefined
  readonly talkSeconds?: number | undefined
  readonly durationSeconds?: number | undefined
  readonly attemptCount: number
  readonly agentId?: string | undefined
  readonly groupId?: string | undefined
  readonly ruleId?: string | undefined
  readonly trunkId?: string | undefined
  readonly provider?: string | undefined
  readonly country?: string | undefined
  /** By n. */
  readonly attempts: readonly CountedAttempt[]
}

/** What a call adds to one row of the roll-ups. */
export interface Share {
  readonly dimension: RollupDimension
  /** Empty where the call or the attempt has none, and of the tenant. */
  readonly key: string
  readonly amounts: Partial<Amounts>
}

const yearMs = 366 * 24 * 60 * 60 * 1000

/** Clocks differ, and one may be off by centuries: whatever a call says, sums stay whole numbers that a row can hold. */
const sane = (ms: number): number => Math.min(yearMs, Math.max(0, Math.round(ms)))
const toMs = (seconds: number): number => sane(seconds * 1000)

/** From the start of the call to its answer; undefined of a call that was not answered, or where nobody told when. */
export const answerDelayMs = ({
  disposition,
  startedAtMs,
  answeredAtMs,
  ringSeconds,
}: CountedCall): number | undefined => {
  if (disposition !== 'answered') return undefined
  if (answeredAtMs !== undefined) return sane(answeredAtMs - startedAtMs)
  return ringSeconds === undefined ? undefined : toMs(ringSeconds)
}

const ofCall = (call: CountedCall): Partial<Amounts> => {
  const { disposition, attemptCount, talkSeconds, durationSeconds } = call
  const delayMs = answerDelayMs(call)
  return {
    calls: 1,
    ...(disposition !== undefined && { [`outcome_${disposition}`]: 1 }),
    ...(attemptCount > 1 && { failed_over: 1 }),
    ...(disposition === 'answered' && talkSeconds !== undefined && { talk_ms: toMs(talkSeconds), talk_count: 1 }),
    ...(delayMs !== undefined && { delay_ms: delayMs, delay_count: 1 }),
    ...(durationSeconds !== undefined && { duration_ms: toMs(durationSeconds) }),
  }
}

const ofAttempt = ({ result }: CountedAttempt): Partial<Amounts> => ({
  attempts: 1,
  ...(result !== undefined && { [`attempts_${result}`]: 1 }),
})

/** A group with an agent of it, as one key. */
export const memberKey = (groupId: string, agentId: string): string => `${groupId} ${agentId}`

/** Whom each group chose first, in this call. */
const firstChoices = (attempts: readonly CountedAttempt[]): Share[] => {
  const chosen = new Map<string, string>()
  for (const { groupId, agentId } of attempts)
    if (groupId !== undefined && agentId !== undefined && !chosen.has(groupId)) chosen.set(groupId, agentId)
  return [...chosen].map(([groupId, agentId]) => ({
    dimension: 'member',
    key: memberKey(groupId, agentId),
    amounts: { calls: 1 },
  }))
}

type Keys = Readonly<Partial<Record<RollupDimension, string>>>

const sharesOf = (keys: Keys, amounts: Partial<Amounts>): Share[] =>
  Object.entries(keys).map(([dimension, key]) => ({ dimension: dimension as RollupDimension, key, amounts }))

/**
 * All that a call adds to the roll-ups. A call counts for whom it ended with; each of its attempts counts for whom it tried,
 * so that who failed is seen failing although another one took the call. In each dimension they add up to those of the tenant.
 */
export const contributionOf = (call: CountedCall): Share[] => {
  const { attempts, disposition = '', agentId = '', groupId = '', ruleId = '', trunkId = '' } = call
  const { provider = '', country = '' } = call
  const ofAll = { tenant: '', rule: ruleId, country, outcome: disposition }
  const tried = attempts.flatMap((attempt) => {
    const { agentId: agent = '', groupId: group = '', provider: by = '', trunkId: trunk = '' } = attempt
    return sharesOf({ ...ofAll, agent, group, provider: by, trunk }, ofAttempt(attempt))
  })
  return [
    ...sharesOf({ ...ofAll, agent: agentId, group: groupId, provider, trunk: trunkId }, ofCall(call)),
    ...tried,
    ...firstChoices(attempts),
  ]
}
