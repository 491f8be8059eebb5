import { describe, expect, it } from 'vitest'
import { closedCircuit } from '../../../../server/domain/routing/circuit/circuit.ts'
import { selectMember } from '../../../../server/domain/routing/select-member.ts'
import { countFirstChoice, emptyTally } from '../../../../server/domain/routing/strategies/tally.ts'
import { aPresent, membersOf } from '../../../support/builders.ts'

const free = aPresent()
const now = 1_767_268_800_000

describe('choosing a member', () => {
  it('finds nobody among nobody', () => {
    expect(selectMember('round_robin', emptyTally(), [], free)).toEqual({
      chosen: undefined,
      isSticky: false,
      contenders: [],
      verdicts: [],
    })
  })

  it('says of each why it was not chosen', () => {
    const [first, second, third, fourth, fifth] = membersOf([1, 1, 1, 1, 1])
    const members = [
      { ...first!, barred: 'disabled' },
      { ...second!, maxConcurrentCalls: 2 },
      { ...third!, priority: 2 },
      { ...fourth!, maxConcurrentCalls: 3 },
      fifth!,
    ]
    const { chosen, contenders, verdicts } = selectMember(
      'priority',
      emptyTally(),
      members,
      aPresent({ activeCallsOf: () => 2 }),
    )
    expect(chosen).toBe(members[3])
    expect(contenders).toEqual([members[3], members[4]])
    expect(
      verdicts.map(({ verdict, eligible, chosen: isChosen, behind }) => [verdict, eligible, isChosen, behind]),
    ).toEqual([
      ['disabled', false, false, undefined],
      ['at its cap (2 of 2)', false, false, undefined],
      ['eligible, but waits behind priority 1', true, false, undefined],
      ['chosen', true, true, 0.5],
      ['eligible', true, false, 0.5],
    ])
    expect(verdicts[0]).toMatchObject({ agentId: 'agent-1', activeCalls: 2, firstChoices: 0 })
  })

  it('lets the agents of a provider that is out try it in turn', () => {
    const members = membersOf([1, 1, 1]).map((one, i) => ({
      ...one,
      priority: i + 1,
      provider: i < 2 ? 'vapi' : 'retell',
    }))
    const out = {
      ...closedCircuit,
      row: { 'agent-1': 1 },
      openedAtMs: now - 60_000,
      retryAtMs: now - 1,
      reason: 'failed',
    }
    const { chosen, verdicts } = selectMember(
      'priority',
      emptyTally(),
      members,
      aPresent({ circuitOfProvider: (provider) => (provider === 'vapi' ? out : closedCircuit) }),
    )
    expect(chosen).toBe(members[1])
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      'its provider vapi: circuit open, another agent of it is tried first',
      'chosen',
      'eligible, but waits behind priority 2',
    ])
  })

  it('shows what was counted, also of those who do not contend now', () => {
    const tally = emptyTally()
    const members = membersOf([1, 1])
    countFirstChoice(tally, members, 'agent-1', undefined, now)
    countFirstChoice(tally, members, 'agent-2', undefined, now)
    countFirstChoice(tally, members, 'agent-1', undefined, now)
    const barred = [{ ...members[0]!, barred: 'already tried in this call' }, members[1]!]
    const counted = (some: typeof barred) =>
      selectMember('round_robin', tally, some, free).verdicts.map(({ firstChoices }) => firstChoices)
    expect(counted(members)).toEqual([2, 1])
    expect(counted(barred)).toEqual([2, 1])
  })

  it('changes nothing', () => {
    const tally = emptyTally()
    countFirstChoice(tally, membersOf([1, 2]), 'agent-1', undefined, now)
    const before = structuredClone(tally)
    selectMember('load_balanced', tally, membersOf([1, 2, 3]), free)
    expect(tally).toEqual(before)
  })

  it('heeds the limit of a provider, and the circuits of agent and provider', () => {
    const open = (retryInMs: number) => ({
      ...closedCircuit,
      openedAtMs: now,
      reason: '3 failed in a row',
      retryAtMs: now + retryInMs,
    })
    const members = membersOf([1, 1, 1, 1, 1]).map((member, i) => ({
      ...member,
      provider: ['vapi', 'retell', 'retell', 'x', 'x'][i]!,
      ignoresCircuit: i === 4,
    }))
    const { verdicts, chosen } = selectMember(
      'round_robin',
      emptyTally(),
      members,
      aPresent({
        nowMs: now,
        limitOfProvider: (provider) => (provider === 'vapi' ? 2 : undefined),
        callsOfProvider: () => 2,
        circuitOf: (agentId) => (agentId === 'agent-2' ? open(12_000) : closedCircuit),
        circuitOfProvider: (provider) => (provider === 'x' ? open(1) : closedCircuit),
      }),
    )
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      'its provider vapi is at its limit (2 of 2)',
      'circuit open (3 failed in a row), next trial in 12 s',
      'chosen',
      'its provider x: circuit open (3 failed in a row), next trial in 1 s',
      'eligible',
    ])
    expect(chosen).toBe(members[2])
  })

  it('takes the agent of the last call while it is eligible', () => {
    const members = membersOf([1, 1, 1]).map((member, i) => ({ ...member, priority: i + 1 }))
    const chosenOf = (stickyAgentId: string, some = members) =>
      selectMember('priority', emptyTally(), some, aPresent({ stickyAgentId }))
    expect(chosenOf('agent-3')).toMatchObject({ chosen: { agentId: 'agent-3' }, isSticky: true })
    expect(chosenOf('agent-3').verdicts[2]?.verdict).toBe("chosen, it took this caller's last call")
    const barred = members.map((member) => (member.agentId === 'agent-3' ? { ...member, barred: 'disabled' } : member))
    expect(chosenOf('agent-3', barred)).toMatchObject({ chosen: { agentId: 'agent-1' }, isSticky: false })
    expect(chosenOf('gone')).toMatchObject({ chosen: { agentId: 'agent-1' }, isSticky: false })
  })
})
