import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  behind,
  copyTally,
  countFirstChoice,
  countOf,
  emptyTally,
  expire,
  firstChoicesOf,
  standings,
  type Contender,
} from '../../../../../server/domain/routing/strategies/tally.ts'

const contenders = (...weights: number[]): Contender[] =>
  weights.map((weight, i) => ({ agentId: `agent-${i + 1}`, weight }))
const hour = 3_600_000
const now = 1_767_268_800_000

describe('a tally', () => {
  it('begins with everybody behind by its share of the call being placed', () => {
    expect(behind(emptyTally(), contenders(1, 3))).toEqual([0.25, 0.75])
    expect(behind(emptyTally(), [])).toEqual([])
  })

  it('counts, and says who began a new epoch', () => {
    const tally = emptyTally()
    const two = contenders(1, 1)
    expect(countFirstChoice(tally, two, 'agent-1', undefined, now)).toBe(true)
    expect(countFirstChoice(tally, two, 'agent-2', undefined, now + 5)).toBe(false)
    expect(tally.epoch).toBe('agent-1:1,agent-2:1')
    expect(tally.epochStartedAtMs).toBe(now)
    expect(standings(tally, two)).toEqual([
      { behind: 0.5, firstChoices: 1, lastUsedAtMs: now },
      { behind: 0.5, firstChoices: 1, lastUsedAtMs: now + 5 },
    ])
    expect(countFirstChoice(tally, contenders(1, 2), 'agent-2', undefined, now)).toBe(true)
    expect(firstChoicesOf(tally, 'agent-2')).toBe(1)
    expect(firstChoicesOf(tally, 'stranger')).toBe(0)
  })

  it('refuses to count a choice that was none', () => {
    expect(() => countFirstChoice(emptyTally(), contenders(1), 'agent-9', undefined, now)).toThrow('agent-9')
  })

  it('keeps the balance of one who leaves, clamped, for the day it returns', () => {
    const tally = emptyTally()
    const three = contenders(1, 1, 1)
    for (let n = 0; n < 5; n += 1) countFirstChoice(tally, three, 'agent-1', undefined, now)
    countFirstChoice(tally, three.slice(1), 'agent-2', undefined, now)
    expect(tally.members.get('agent-1')).toEqual({ offset: -1, buckets: [], lastUsedAtMs: now })
    const [first] = standings(tally, three)
    expect(first?.behind).toBeLessThan(0)
    expect(first).toMatchObject({ firstChoices: 0, lastUsedAtMs: now })
  })

  it('starts one who joins at the level of the group', () => {
    const tally = emptyTally()
    const two = contenders(1, 1)
    for (let n = 0; n < 100; n += 1) countFirstChoice(tally, two, `agent-${(n % 2) + 1}`, undefined, now)
    expect(behind(tally, contenders(1, 1, 1))).toEqual([1 / 3, 1 / 3, 1 / 3])
  })

  it('tells agents apart whose names hold a colon', () => {
    const tally = structuredClone(emptyTally())
    const odd = [{ agentId: 'a:1', weight: 2 }]
    countFirstChoice(tally, odd, 'a:1', undefined, now)
    expect(countFirstChoice(structuredClone(tally), odd, 'a:1', undefined, now)).toBe(false)
  })

  it('takes a member that its memory does not hold for a new one', () => {
    const tally = { epoch: 'agent-1:1,agent-2:1', epochStartedAtMs: now, members: new Map() }
    expect(behind(tally, contenders(1, 1))).toEqual([0.5, 0.5])
  })

  it('keeps a window in at most 288 buckets and a rotation in one', () => {
    const one = contenders(1)
    const window = emptyTally()
    const rotation = emptyTally()
    for (let ms = 0; ms < 30 * hour; ms += 60_000) {
      expire(window, 24 * hour, now + ms)
      countFirstChoice(window, one, 'agent-1', 24 * hour, now + ms)
      countFirstChoice(rotation, one, 'agent-1', undefined, now + ms)
    }
    expect(window.members.get('agent-1')?.buckets.length).toBeLessThanOrEqual(288)
    expect(countOf(window.members.get('agent-1'))).toBeGreaterThan(23 * 60)
    expect(rotation.members.get('agent-1')?.buckets).toEqual([{ startMs: 0, count: 1800 }])
    expect(expire(rotation, undefined, now * 2)).toBe(false)
    expect(countOf(undefined)).toBe(0)
  })

  it('goes on in the newest bucket when the clock jumps back', () => {
    const tally = emptyTally()
    const one = contenders(1)
    countFirstChoice(tally, one, 'agent-1', 24 * hour, now)
    countFirstChoice(tally, one, 'agent-1', 24 * hour, now - hour)
    expect(tally.members.get('agent-1')?.buckets).toHaveLength(1)
  })

  it('drops the calls that left the window, and keeps the balance they made', () => {
    const tally = emptyTally()
    countFirstChoice(tally, contenders(1, 1), 'agent-1', hour, now)
    countFirstChoice(tally, contenders(1, 1, 1), 'agent-2', hour, now)
    const before = behind(tally, contenders(1, 1, 1))
    expect(expire(tally, hour, now + hour / 2)).toBe(false)
    expect(expire(tally, hour, now + 2 * hour)).toBe(true)
    expect([...tally.members.values()].map(countOf)).toEqual([0, 0, 0])
    for (const [i, balance] of behind(tally, contenders(1, 1, 1)).entries()) expect(balance).toBeCloseTo(before[i]!, 12)
    expect(expire(tally, hour, now + 3 * hour)).toBe(false)
  })

  it('is not changed by what happens to its copy', () => {
    const tally = emptyTally()
    countFirstChoice(tally, contenders(1, 1), 'agent-1', hour, now)
    const before = structuredClone(tally)
    const copy = copyTally(tally)
    expect(copy).toEqual(tally)
    countFirstChoice(copy, contenders(1, 1), 'agent-1', hour, now)
    countFirstChoice(copy, contenders(1), 'agent-1', hour, now)
    expire(copy, hour, now + 9 * hour)
    expect(tally).toEqual(before)
    expect(firstChoicesOf(tally, 'agent-1')).toBe(1)
  })

  it('says the same from its sums as from its memory alone, whatever happened', () => {
    const step = fc.record({
      present: fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1 }),
      chosen: fc.nat(),
      weight: fc.constantFrom(1, 1, 1, 2, 7),
      pass: fc.constantFrom(0, 1000, 5 * 60_000, hour, 30 * hour, -hour),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(undefined, hour, 24 * hour), (steps, windowMs) => {
        const tally = emptyTally()
        let nowMs = now
        for (const { present, chosen, weight, pass } of steps) {
          nowMs += pass
          const some = present.map((i) => ({ agentId: `agent-${i}`, weight: weight + (i % 2) }))
          const remembered = structuredClone(tally)
          expect(expire(tally, windowMs, nowMs)).toBe(expire(remembered, windowMs, nowMs))
          expect(standings(tally, some)).toEqual(standings(structuredClone(tally), some))
          const { agentId } = some[chosen % some.length]!
          const began = countFirstChoice(tally, some, agentId, windowMs, nowMs)
          expect(countFirstChoice(remembered, some, agentId, windowMs, nowMs)).toBe(began)
          expect(tally).toEqual(remembered)
          const sum = behind(tally, some).reduce((all, one) => all + one, 0)
          expect(sum).toBeCloseTo(1, 6)
        }
      }),
    )
  })
})
