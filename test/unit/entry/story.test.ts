import { describe, expect, it } from 'vitest'
import type { CallDetail, CallExplanation } from '../../../shared/contract/calls.ts'
import type { Explanation } from '../../../shared/contract/routing.ts'
import { tellCall, tellExplanation } from '../../../server/entry/cli/story.ts'

const explanation: Explanation = {
  summary: 'inbound rule Sales → Ada chosen',
  trigger: 'voice_request',
  direction: 'inbound',
  to: { text: '2025550100', number: '+12025550100', how: 'national number of US' },
  from: { text: 'anonymous', number: 'anonymous', how: 'taken literally' },
  rules: Array.from({ length: 7 }, (_, i) => ({
    ruleId: `${i}`,
    name: `R${i}`,
    pattern: '+1*',
    priority: 5,
    verdict: i < 6 ? 'disabled' : 'chosen',
    chosen: i === 6,
  })),
  moreRules: 30,
  steps: [
    {
      type: 'group',
      because: 'inbound rule R6',
      outcome: 'Ada chosen',
      strategy: 'priority',
      members: [
        { agentId: 'b', name: 'Bob', eligible: false, verdict: 'at its cap (2 of 2)', chosen: false, activeCalls: 2 },
        ...Array.from({ length: 12 }, (_, i) => ({
          agentId: `m${i}`,
          name: `M${i}`,
          eligible: true,
          verdict: 'eligible',
          chosen: false,
        })),
        { agentId: 'a', name: 'Ada', eligible: true, verdict: 'chosen', chosen: true, activeCalls: 0, behind: 0.5 },
      ],
      moreMembers: 4,
    },
  ],
  notes: ['a note'],
}

describe('the story of a decision', () => {
  it('goes from the number dialled over the rules to who takes the call', () => {
    expect(tellExplanation(explanation)).toEqual([
      'To    2025550100 is read as +12025550100 (national number of US)',
      'From  anonymous (taken literally)',
      'Taken as inbound',
      '  32 rules before were passed over',
      '  · rule R2 (+1*, priority 5): disabled',
      '  · rule R3 (+1*, priority 5): disabled',
      '  · rule R4 (+1*, priority 5): disabled',
      '  · rule R5 (+1*, priority 5): disabled',
      '  → rule R6 (+1*, priority 5): chosen',
      '  1. inbound rule R6 → Ada chosen (priority)',
      '     · Bob: at its cap (2 of 2), 2 active',
      ...Array.from({ length: 9 }, (_, i) => `     · M${i}: eligible`),
      '     → Ada: chosen, 0 active, 0.5 behind its share',
      '     and 7 more members',
      '  ! a note',
    ])
  })

  it('says of each choice whether it comes out the same again', () => {
    const call = { decisions: [{ id: 'd', atMs: 0, explanation }], startedAtMs: 0 } as unknown as CallDetail
    const choice = { kind: 'member', among: 'Sales', same: false } as const
    const choices = [
      { kind: 'rule', among: 'rules', same: true } as const,
      { ...choice, again: 'b' },
      choice,
      { ...choice, incomplete: 'too many' },
    ]
    const again = { outcome: 'different', decisions: [{ id: 'd', atMs: 0, summary: '', choices }] } as const
    expect(tellCall(call, { ...again, decisions: [...again.decisions] }).slice(-4)).toEqual([
      '  = rule of rules: the same when made again from what is stored',
      '  ≠ member of Sales: made again, it is b',
      '  ≠ member of Sales: made again, it is none',
      '  ≠ member of Sales: cannot be made again: too many',
    ])
  })

  it('tells every decision of a call, or that there is none', () => {
    const call = {
      id: 'c1',
      from: '+1',
      to: '+2',
      direction: 'inbound',
      state: 'completed',
      startedAtMs: 0,
      decisions: [
        {
          id: 'd',
          atMs: 1000,
          target: { type: 'hangup' },
          cxml: '',
          explanation: { summary: 'a → b', trigger: 'dial_result', after: 'a dial that was busy', steps: [] },
        },
      ],
    } as unknown as CallDetail
    const again: CallExplanation = { outcome: 'same', decisions: [] }
    expect(tellCall(call, again)).toEqual([
      'Call c1 from +1 to +2, inbound, 1970-01-01T00:00:00.000Z: completed',
      '',
      'Decision 1 of 1, 1970-01-01T00:00:01.000Z: a → b',
      'After a dial that was busy',
    ])
    expect(tellCall({ ...call, decisions: [] }, again).at(-1)).toBe('Nothing was decided for this call')
  })
})
