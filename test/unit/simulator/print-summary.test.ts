import { describe, expect, it } from 'vitest'
import { printSummary } from '../../../server/simulator/index.ts'
import type { PlayedCall } from '../../../server/simulator/played-call.ts'
import { summarise } from '../../../server/simulator/summary.ts'
import { createTally } from '../../../server/simulator/tally.ts'

const played: PlayedCall = {
  token: 't',
  to: '+12025550100',
  state: 'busy',
  disposition: 'busy',
  dials: [{ value: 'wss://agent.example', isAgent: true, outcome: 'busy' }],
  wasReordered: false,
  isCdrTaken: true,
  isComparable: true,
}

describe('the summary for people', () => {
  it('leaves out groups nobody was sent to, and does not speak of records nobody compared', () => {
    const tally = createTally([
      { name: 'Sales', weights: { 'wss://agent.example': 1 } },
      { name: 'Idle', weights: { other: 1 } },
    ])
    tally.ended(played)
    const text = printSummary(summarise(tally, 1))
    expect(text).toContain('Sales: 1 first choices, at most 0.00 calls from the ideal\n')
    expect(text).not.toContain('more than allowed')
    expect(text).not.toContain('Idle')
    expect(text).not.toContain('Records:')
    expect(text).toMatch(/wss:\/\/agent\.example +1 +100\.0 % +1 +0$/m)
  })

  it('names wrong answers by token, webhook and reason, and prints at most fifty mismatches', () => {
    const tally = createTally()
    tally.wrong('abc', 'dial_result', 'HTTP 500')
    const text = printSummary(summarise(tally, 1), {
      compared: 60,
      notComparable: 1,
      mismatches: Array.from({ length: 60 }, (_, n) => ({
        token: `m${n}`,
        field: 'state' as const,
        expected: 'busy',
        found: 'failed',
      })),
      circuits: [],
      foundNobody: 0,
    })
    expect(text).toContain('Wrong answers: 1\n  abc dial result: HTTP 500')
    expect(text).toContain('60 compared, 1 not comparable, 60 mismatches')
    expect(text).toContain('m49 state')
    expect(text).not.toContain('m50 state')
    expect(text).not.toMatch(/circuit|fallback/i)
  })

  const uneven = () => {
    const tally = createTally([{ name: 'Sales', weights: { 'wss://agent.example': 1, other: 1 }, maxDeviation: 0 }])
    tally.ended(played)
    return summarise(tally, 1)
  }
  const records = { compared: 1, notComparable: 0, mismatches: [] }

  it('says that a share may have missed because members were out, and how to find out', () => {
    expect(printSummary(uneven())).toContain(
      'from the ideal, more than allowed. Circuits or caps may have taken members out; --verify can tell\n',
    )
  })

  it('tells which circuits opened, who was eligible, and how many calls found nobody', () => {
    const summary = uneven()
    const groups = summary.groups.map((group) => ({ ...group, setChanges: 14, isWithinLimit: true }))
    const text = printSummary(
      { ...summary, groups },
      {
        ...records,
        circuits: [
          { kind: 'agent', name: '+12025550171', opened: 2, failedTrials: 3 },
          { kind: 'provider', name: 'vapi', opened: 1, failedTrials: 0 },
        ],
        foundNobody: 7,
      },
    )
    expect(text).toContain('at most 0.50 calls from the ideal of who was eligible; the eligible set changed 14 times\n')
    expect(text).toContain('  agent +12025550171: 2 times, trial calls that failed: 3\n  provider vapi: once\n')
    expect(text).toContain('7 calls found no eligible member')
  })
})
