import { describe, expect, it } from 'vitest'
import { createRandom, hex, pickWeighted, sampleSeconds, shuffle } from '../../../server/simulator/chance.ts'
import { drawNumber } from '../../../server/simulator/number-source.ts'
import { planCall, planDial } from '../../../server/simulator/plan-call.ts'
import { parseScenario } from '../../../server/simulator/scenario.ts'

const many = (count: number, make: () => number): number[] => Array.from({ length: count }, make)

describe('chance', () => {
  it('repeats itself for the same seeds and differs for others', () => {
    const [first, again, other] = [createRandom(1, 2), createRandom(1, 2), createRandom(1, 3)]
    const drawn = many(5, first)
    expect(many(5, again)).toEqual(drawn)
    expect(many(5, other)).not.toEqual(drawn)
  })

  it('is spread evenly, also over the first draw of neighbouring seeds', () => {
    const means = [createRandom(7), () => 0].map((_, row) =>
      many(
        20_000,
        row === 0
          ? createRandom(7)
          : (
              (seed) => () =>
                createRandom(1, seed++)()
            )(0),
      ).reduce((sum, value) => sum + value, 0),
    )
    for (const mean of means) expect(mean / 20_000).toBeCloseTo(0.5, 1)
  })

  it('picks in proportion to weight and never what weighs nothing', () => {
    const random = createRandom(3)
    const picks = Array.from({ length: 10_000 }, () =>
      pickWeighted(
        [
          ['a', 3],
          ['b', 1],
          ['c', 0],
        ],
        random,
      ),
    )
    expect(picks.filter((name) => name === 'a').length / 10_000).toBeCloseTo(0.75, 1)
    expect(picks).not.toContain('c')
    expect(pickWeighted([['a', 0]], random)).toBeUndefined()
  })

  it('draws seconds within their spread', () => {
    const random = createRandom(4)
    expect(sampleSeconds(5, random)).toBe(5)
    for (const value of many(1000, () => sampleSeconds({ min: 2, max: 3 }, random)))
      expect(value >= 2 && value <= 3).toBe(true)
    const talks = many(5000, () => sampleSeconds({ mean: 10, max: 100 }, random))
    expect(Math.max(...talks)).toBeLessThanOrEqual(100)
    expect(talks.reduce((sum, value) => sum + value, 0) / 5000).toBeCloseTo(10, -1)
  })

  it('shuffles without losing anything', () => {
    expect(shuffle([1, 2, 3, 4], createRandom(5)).toSorted()).toEqual([1, 2, 3, 4])
    expect(hex(createRandom(6), 16)).toMatch(/^[0-9a-f]{16}$/)
  })

  it('draws numbers from lists, weights and ranges', () => {
    const random = createRandom(8)
    expect(drawNumber('1001', random)).toBe('1001')
    const drawn = new Set(
      Array.from({ length: 500 }, () =>
        drawNumber(
          [{ first: '+12025550100', last: '+12025550102', weight: 3 }, { value: 'anonymous' }, '0012'],
          random,
        ),
      ),
    )
    expect([...drawn].toSorted()).toEqual(['+12025550100', '+12025550101', '+12025550102', '0012', 'anonymous'])
  })
})

describe('the plan of a call', () => {
  const scenario = parseScenario({ reorder: 0.5, seed: 9, ringSeconds: 100, talkSeconds: 1000 })
  const target = { value: '+12025550171', timeoutSeconds: 20, timeLimitSeconds: 60 }

  it('is the same for the same seed and index, whatever the run; only the token is of the run', () => {
    const [first, again] = [planCall(scenario, '0123456789abcdef', 5), planCall(scenario, 'fedcba9876543210', 5)]
    expect({ ...again, token: '', chance: undefined }).toEqual({ ...first, token: '', chance: undefined })
    expect(first.token).toMatch(/^0123456789abcdef[0-9a-f]{8}00000005$/)
    expect(planDial(scenario, again, 0, target)).toEqual(planDial(scenario, first, 0, target))
  })

  it('reorders about the share asked for, and each of those in some way', () => {
    const plans = Array.from({ length: 2000 }, (_, index) => planCall(scenario, '0'.repeat(16), index))
    const reorderings = plans.flatMap(({ reordering }) => (reordering ? [reordering] : []))
    expect(reorderings.length / 2000).toBeCloseTo(0.5, 1)
    expect(reorderings.every((one) => one.cdrFirst || one.updatesHeld || one.strayAnswer)).toBe(true)
  })

  it('lets nobody ring longer than the dial allows, nor talk longer than its limit', () => {
    const plans = Array.from({ length: 200 }, (_, index) =>
      planDial(scenario, planCall(scenario, '0'.repeat(16), index), 0, target),
    )
    expect(new Set(plans.map(({ outcome }) => outcome))).toEqual(new Set(['answered', 'busy', 'no_answer', 'failed']))
    for (const { outcome, ringMs, talkMs } of plans) {
      expect(ringMs).toBeLessThanOrEqual(20_000)
      expect(talkMs).toBe(outcome === 'answered' ? 60_000 : 0)
      if (outcome === 'no_answer') expect(ringMs).toBe(20_000)
    }
  })
})
