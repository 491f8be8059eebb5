import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  answerDelayMs,
  contributionOf,
  memberKey,
  type CountedCall,
} from '../../../../server/domain/analytics/contribution.ts'
import { addAmounts, noAmounts } from '../../../../server/domain/analytics/measures.ts'

const aCounted = (over: Partial<CountedCall> = {}): CountedCall => ({
  startedAtMs: 1000,
  disposition: 'answered',
  attemptCount: 1,
  attempts: [],
  ...over,
})
const of = (call: CountedCall, dimension: string, key: string) =>
  contributionOf(call)
    .filter((share) => share.dimension === dimension && share.key === key)
    .reduce((sum, { amounts }) => addAmounts(sum, amounts), noAmounts)

describe('what a call adds to the roll-ups', () => {
  it('is counted once in each dimension, also where it has none', () => {
    const call = aCounted({ agentId: 'a', groupId: 'g', ruleId: 'r', provider: 'vapi', country: 'DE' })
    for (const [dimension, key] of [
      ['tenant', ''],
      ['agent', 'a'],
      ['group', 'g'],
      ['rule', 'r'],
      ['provider', 'vapi'],
      ['country', 'DE'],
      ['trunk', ''],
      ['outcome', 'answered'],
    ] as const)
      expect([dimension, of(call, dimension, key).calls]).toEqual([dimension, 1])
    expect(of(aCounted({ disposition: undefined }), 'outcome', '')).toMatchObject({ calls: 1, outcome_answered: 0 })
  })

  it('counts attempts for whom they tried, whoever took the call', () => {
    const call = aCounted({
      attemptCount: 3,
      agentId: 'b',
      provider: 'retell',
      attempts: [
        { agentId: 'a', groupId: 'g', provider: 'vapi', result: 'failed' },
        { agentId: 'b', groupId: 'g', provider: 'retell', result: 'answered' },
        { trunkId: 't' },
      ],
    })
    expect(of(call, 'agent', 'a')).toMatchObject({ calls: 0, attempts: 1, attempts_failed: 1 })
    expect(of(call, 'agent', 'b')).toMatchObject({ calls: 1, attempts: 1, attempts_answered: 1, failed_over: 1 })
    expect(of(call, 'provider', 'vapi')).toMatchObject({ calls: 0, attempts_failed: 1 })
    expect(of(call, 'trunk', 't')).toMatchObject({ calls: 0, attempts: 1 })
    expect(of(call, 'trunk', '')).toMatchObject({ calls: 1, attempts: 2 })
    expect(of(call, 'agent', '')).toMatchObject({ calls: 0, attempts: 1 })
    for (const [dimension, key] of [
      ['tenant', ''],
      ['rule', ''],
      ['country', ''],
      ['outcome', 'answered'],
    ] as const)
      expect(of(call, dimension, key)).toMatchObject({ attempts: 3, attempts_failed: 1, attempts_answered: 1 })
    expect(of(call, 'member', memberKey('g', 'a')).calls).toBe(1)
    expect(of(call, 'member', memberKey('g', 'b')).calls).toBe(0)
  })

  it('is in whole milliseconds, and talk that of answered calls only', () => {
    const times = { talkSeconds: 61.2345, durationSeconds: 70.1 }
    expect(of(aCounted(times), 'tenant', '')).toMatchObject({ talk_ms: 61_235, talk_count: 1, duration_ms: 70_100 })
    expect(of(aCounted({ ...times, disposition: 'failed' }), 'tenant', '')).toMatchObject({ talk_count: 0 })
  })
})

describe('the answer delay', () => {
  it('goes from the start to the answer, or is as long as it rang', () => {
    expect(answerDelayMs(aCounted({ answeredAtMs: 3500, ringSeconds: 9 }))).toBe(2500)
    expect(answerDelayMs(aCounted({ answeredAtMs: 500 }))).toBe(0)
    expect(answerDelayMs(aCounted({ ringSeconds: 9.0004 }))).toBe(9000)
    expect(answerDelayMs(aCounted())).toBeUndefined()
    expect(answerDelayMs(aCounted({ disposition: 'busy', answeredAtMs: 3500 }))).toBeUndefined()
    expect(of(aCounted({ answeredAtMs: 3500 }), 'tenant', '')).toMatchObject({ delay_ms: 2500, delay_count: 1 })
  })

  it('is whole numbers that many rows together can hold, whatever the call says', () => {
    const seconds = fc.option(fc.double({ noNaN: true }), { nil: undefined })
    const ms = fc.option(fc.integer({ min: -8.64e15, max: 8.64e15 }), { nil: undefined })
    fc.assert(
      fc.property(ms, ms, seconds, seconds, seconds, (startedAtMs, answeredAtMs, ring, talk, duration) => {
        const call = aCounted({
          startedAtMs: startedAtMs ?? 0,
          answeredAtMs,
          ringSeconds: ring,
          talkSeconds: talk,
          durationSeconds: duration,
        })
        const amounts = contributionOf(call).flatMap((share) => Object.values(share.amounts))
        for (const amount of [...amounts, answerDelayMs(call) ?? 0]) {
          expect(Number.isInteger(amount)).toBe(true)
          expect(amount).toBeGreaterThanOrEqual(0)
          expect(amount).toBeLessThan(4e10)
        }
      }),
    )
  })
})
