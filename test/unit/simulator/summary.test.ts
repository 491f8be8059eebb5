import { describe, expect, it } from 'vitest'
import { isGood, printSummary } from '../../../server/simulator/index.ts'
import { createLatency } from '../../../server/simulator/latency.ts'
import type { PlayedCall } from '../../../server/simulator/played-call.ts'
import type { ExpectedGroup } from '../../../server/simulator/scenario.ts'
import { summarise } from '../../../server/simulator/summary.ts'
import { createTally } from '../../../server/simulator/tally.ts'

const call = (...values: string[]): PlayedCall => ({
  token: 't',
  to: '+12025550100',
  state: 'completed',
  disposition: 'answered',
  dials: values.map((value, index) => ({
    value,
    provider: 'vapi',
    isAgent: !value.startsWith('trunk'),
    outcome: index === values.length - 1 ? 'answered' : 'busy',
  })),
  wasReordered: false,
  isCdrTaken: true,
  isComparable: true,
})

describe('the summary', () => {
  const tallyOf = (groups: readonly ExpectedGroup[]) => {
    const tally = createTally(groups)
    for (const played of [call('a'), call('a'), call('a', 'b'), call('b', 'trunk1')]) tally.ended(played)
    return tally
  }
  const sales = (limits: Partial<ExpectedGroup>): ExpectedGroup[] => [
    { name: 'Sales', weights: { a: 2, b: 1 }, ...limits },
  ]

  it('counts first choices, attempts and answers per agent, and trunk calls as attempts only', () => {
    const summary = summarise(tallyOf([]), 2)
    expect(summary).toMatchObject({ calls: 4, callsPerSecond: 2, attempts: 6, failovers: 2, states: { completed: 4 } })
    expect(summary.agents).toEqual([
      { value: 'a', provider: 'vapi', firstChoices: 3, attempts: 3, answered: 2, share: 0.75 },
      { value: 'b', provider: 'vapi', firstChoices: 1, attempts: 2, answered: 1, share: 0.25 },
    ])
  })

  it('holds first choices against the weights of a group', () => {
    const summary = summarise(tallyOf(sales({ maxDeviation: 1 })), 2)
    expect(summary.groups[0]).toMatchObject({ firstChoices: 4, isWithinLimit: true })
    expect(summary.groups[0]?.maxDeviation).toBeCloseTo(1 / 3)
    expect(isGood(summary)).toBe(true)
    expect(isGood(summarise(tallyOf(sales({ maxDeviation: 0.1 })), 2))).toBe(false)
  })

  it('counts for a group only the calls to its numbers', () => {
    const groups = [...sales({ to: ['+1202555*'] }), ...sales({ to: ['+12025550111'] })]
    expect(summarise(tallyOf(groups), 2).groups.map(({ firstChoices }) => firstChoices)).toEqual([4, 0])
  })

  it('is not good with a wrong answer, and keeps the first twenty', () => {
    const bad = createTally()
    for (let n = 0; n < 25; n += 1) bad.wrong(`token${n}`, 'voice_request', 'HTTP 500')
    const summary = summarise(bad, 1)
    expect(isGood(summary)).toBe(false)
    expect(summary.wrongAnswers.count).toBe(25)
    expect(summary.wrongAnswers.first).toHaveLength(20)
  })

  it('prints everything a person wants to see', () => {
    const text = printSummary(summarise(tallyOf(sales({ maxDeviation: 0.1 })), 2), {
      compared: 4,
      notComparable: 0,
      mismatches: [{ token: 'abc', field: 'state', expected: 'busy', found: 'failed' }],
      circuits: [],
      foundNobody: 0,
    })
    expect(text).toContain('4 calls in 2 s')
    expect(text).toContain('Sales: 4 first choices, at most 0.33 calls from the ideal, more than allowed\n')
    expect(text).toContain('abc state: expected busy, found failed')
    expect(text).toMatch(/voice request +0/)
  })
})

describe('latency', () => {
  it('answers percentiles within a few percent, and the exact maximum', () => {
    const latency = createLatency()
    for (let ms = 1; ms <= 1000; ms += 1) latency.add(ms)
    const { count, p50Ms, p95Ms, p99Ms, maxMs } = latency.figures()
    expect([count, maxMs]).toEqual([1000, 1000])
    for (const [found, wanted] of [
      [p50Ms, 500],
      [p95Ms, 950],
      [p99Ms, 990],
    ] as const) {
      expect(Math.abs(found - wanted) / wanted).toBeLessThan(0.03)
    }
  })

  it('is zero before anything was measured', () => {
    expect(createLatency().figures()).toEqual({ count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 })
  })
})
