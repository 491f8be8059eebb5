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
    expect(text).toContain('Group Sales: 1 first choices, largest deviation 0.00\n')
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
    })
    expect(text).toContain('Wrong answers: 1\n  abc dial result: HTTP 500')
    expect(text).toContain('60 compared, 1 not comparable, 60 mismatches')
    expect(text).toContain('m49 state')
    expect(text).not.toContain('m50 state')
  })
})
