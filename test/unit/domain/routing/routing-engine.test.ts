import { describe, expect, it } from 'vitest'
import { classify, readNumbers } from '../../../../server/domain/routing/call-numbers.ts'
import { nothingTried, type Routing, type Tried } from '../../../../server/domain/routing/routing.ts'
import { followTarget } from '../../../../server/domain/routing/follow-target.ts'
import { routeInbound, routeOnward, type Ended } from '../../../../server/domain/routing/routing-engine.ts'
import type { RoutingConfig } from '../../../../server/domain/routing/routing-config.ts'
import {
  aCompiledSchedule,
  aGroup,
  aMember,
  aProvider,
  aRoutingConfig,
  aRule,
  aTrunk,
  aVoiceAgent,
} from '../../../support/builders.ts'
import { aWalker } from '../../../support/walk.ts'

const agents = ['a', 'b', 'c', 'd'].map((letter, i) =>
  aVoiceAgent({ id: letter, name: letter.toUpperCase(), value: `+1202555017${i}` }),
)
const group = aGroup({
  members: ['a', 'b', 'c'].map((agentId, i) => aMember({ agentId, position: i + 1 })),
})
const configured = (over: Parameters<typeof aRoutingConfig>[0] = {}): RoutingConfig =>
  aRoutingConfig({ agents, groups: [group], ...over })
const inbound = (config: RoutingConfig, to = '+12025550100', from = '+12025550123', walker = aWalker()) =>
  walker.run(routeInbound(config, readNumbers(config, from, to), triedBefore()))
/** A Monday, 13:00 in Berlin. */
const monday = Date.UTC(2026, 5, 1, 11)
const triedBefore = (over: Partial<Tried> = {}): Tried => ({
  ...nothingTried,
  caller: '+12025550123',
  atMs: monday,
  ...over,
})
const outcomes = ({ steps }: Routing): string[] => steps.map(({ outcome }) => outcome)

describe('routing an inbound call', () => {
  it('goes by the rule to the group to its next member', () => {
    const config = configured()
    const routing = inbound(config)
    expect(routing).toMatchObject({
      target: { type: 'agent', id: 'a' },
      agent: agents[0],
      group,
      ringTimeoutSeconds: 20,
      groupAttempts: 1,
      ruleId: 'rule-1',
      rules: [
        {
          ruleId: 'rule-1',
          name: 'Sales line',
          pattern: '+12025550100',
          priority: 100,
          verdict: 'chosen',
          chosen: true,
        },
      ],
      steps: [
        {
          type: 'group',
          id: 'group-1',
          name: 'Sales',
          strategy: 'round_robin',
          because: 'inbound rule Sales line',
          outcome: 'A chosen',
        },
      ],
    })
    expect(routing.moreRules).toBeUndefined()
    expect(routing.steps[0]?.members?.[0]).toEqual({
      agentId: 'a',
      name: 'A',
      eligible: true,
      verdict: 'chosen',
      chosen: true,
      activeCalls: 0,
      firstChoices: 0,
      weight: 1,
      priority: 1,
      behind: 1 / 3,
    })
  })

  it('asked again at a later stage goes past whom it tried, and counts no first choice', () => {
    const config = configured()
    const walker = aWalker()
    const tried = triedBefore({ agentIds: ['a'], attempts: 1 })
    expect(walker.run(routeInbound(config, readNumbers(config, 'x', '+12025550100'), tried)).agent?.id).toBe('b')
    expect(walker.asked).toMatchObject([{ isFirstChoice: false }])
  })

  it('reads a number by what the rules and the agents know', () => {
    const config = configured({ rules: [aRule({ pattern: '+9990*' })], agents: [aVoiceAgent({ value: '+999100' })] })
    const { from, to } = readNumbers(config, '999100', '999055')
    expect([from.number, to.number]).toEqual(['+999100', '+999055'])
  })

  it('keeps no more of a text than a number may be long', () => {
    const { from } = readNumbers(configured(), 'x'.repeat(1000), '')
    expect([from.text.length, from.number.length]).toEqual([255, 255])
  })

  it('sends it to a number through the trunks that are named, and goes on where none has room', () => {
    const target = { type: 'number' as const, value: '+13035550100', trunkIds: ['trunk-a'] }
    const config = configured({
      trunks: [aTrunk({ id: 'trunk-a' })],
      rules: [aRule({ target })],
      defaultTarget: { type: 'message', value: 'Nobody can be reached' },
    })
    expect(inbound(config)).toMatchObject({
      target: { type: 'number', value: '+13035550100' },
      trunk: { id: 'trunk-a' },
    })
    expect(inbound(config, '+12025550100', '+12025550123', aWalker({}, ['trunk-a']))).toMatchObject({
      target: { type: 'message' },
      steps: [{ outcome: 'no trunk can take +13035550100' }, { type: 'message' }],
    })
  })

  it('sends it to a number through the default trunk where none is named, but not past a trunk that may not be used', () => {
    const dial = (value: string, trunk: Parameters<typeof aTrunk>[0] = {}, busy: readonly string[] = []) =>
      inbound(
        configured({
          trunks: [aTrunk(), aTrunk({ id: 'trunk-b', isDefault: true, ...trunk })],
          rules: [aRule({ target: { type: 'number', value } })],
          defaultTarget: { type: 'number', value: '1001' },
        }),
        undefined,
        undefined,
        aWalker({}, busy),
      )
    for (const value of ['+13035550100', '13035550100', '3035550100'])
      expect(dial(value)).toMatchObject({ target: { value }, trunk: { id: 'trunk-b' }, trunkPlan: { left: [] } })
    expect(dial('1001')).toMatchObject({ target: { value: '1001' }, steps: [{ type: 'number' }] })
    expect(dial('1001').trunk).toBeUndefined()
    for (const passed of [dial('+13035550100', { enabled: false }), dial('+13035550100', {}, ['trunk-b'])]) {
      expect(passed.target).toMatchObject({ value: '1001' })
      expect(passed.steps[0]?.outcome).toBe('no trunk can take +13035550100')
    }
  })

  it('counts the rules it passed over and does not list', () => {
    const rules = Array.from({ length: 25 }, (_, i) => aRule({ ruleId: `off-${i}`, enabled: false, age: i }))
    expect(inbound(configured({ rules: [...rules, aRule({ age: 99 })] })).moreRules).toBe(5)
  })

  it('goes by the hours of rules and agents, and says why it passed them over', () => {
    const config = configured({
      schedules: [aCompiledSchedule(), aCompiledSchedule({ id: 'night', name: 'Night', weekly: [] })],
      agents: agents.map((agent, i) => ({ ...agent, scheduleId: [undefined, 'night', 'gone'][i] })),
      rules: [
        aRule({ ruleId: 'office', name: 'Office', priority: 1, scheduleId: 'schedule-1' }),
        aRule({ ruleId: 'lost', name: 'Lost', priority: 2, scheduleId: 'gone' }),
        aRule({ ruleId: 'rest', name: 'Rest', priority: 3, target: { type: 'agent', id: 'b' } }),
      ],
    })
    const at = (atMs: number) =>
      aWalker().run(routeInbound(config, readNumbers(config, 'x', '+12025550100'), triedBefore({ atMs })))
    const open = at(monday)
    expect([open.ruleId, open.agent?.id]).toEqual(['office', 'a'])
    expect(open.steps[0]?.members?.map(({ verdict }) => verdict)).toEqual([
      'chosen',
      'outside its schedule Night (does not open in the next 400 days)',
      'its schedule gone was deleted',
    ])
    const closed = at(monday - 86_400_000)
    expect(closed.rules.map(({ verdict }) => verdict)).toEqual([
      'outside its schedule Office hours (opens Mon 09:00 Europe/Berlin)',
      'its schedule gone was deleted',
      'chosen',
    ])
    expect(closed).toMatchObject({ ruleId: 'rest', target: { type: 'hangup' } })
    expect(outcomes(closed)[0]).toContain('voice agent B passed over: outside its schedule Night')
  })

  it('takes turns', () => {
    const walker = aWalker()
    const config = configured()
    const turns = Array.from({ length: 6 }, () => inbound(config, undefined, undefined, walker).agent?.id)
    expect(turns.join('')).toBe('abcabc')
  })

  it('hangs up where nothing matches and nothing is configured', () => {
    const routing = inbound(configured(), '+13035550100')
    expect(routing).toMatchObject({ target: { type: 'hangup' }, agent: undefined, ruleId: undefined, rules: [] })
    expect(routing.steps).toEqual([
      { type: 'hangup', because: 'no inbound rule matches and the tenant has no default target', outcome: 'hang-up' },
    ])
  })

  it('follows the default target where nothing matches', () => {
    const config = configured({ defaultTarget: { type: 'agent', id: 'd' } })
    const routing = inbound(config, '+13035550100')
    expect(routing).toMatchObject({ agent: agents[3], group: undefined, ringTimeoutSeconds: 25, groupAttempts: 1 })
    expect(routing.steps).toEqual([
      {
        type: 'agent',
        id: 'd',
        name: 'D',
        because: 'no inbound rule matches; the default target of the tenant',
        outcome: 'D is dialled',
      },
    ])
  })

  it.each([
    [
      { type: 'number', value: '+12025550145' },
      'number +12025550145, without a trunk, as there is no default trunk: Cloudonix tries all of its own',
    ],
    [{ type: 'number', value: '1001' }, 'number 1001, without a trunk: it may be a subscriber'],
    [{ type: 'message', value: 'We are closed' }, 'spoken message, then hang-up'],
    [{ type: 'reject', value: 'busy' }, 'reject (busy)'],
    [{ type: 'hangup' }, 'hang-up'],
  ] as const)('answers a rule to %j by itself', (target, outcome) => {
    const routing = inbound(configured({ rules: [aRule({ target })] }))
    expect(routing).toMatchObject({ target, agent: undefined, groupAttempts: 0 })
    expect(outcomes(routing)).toEqual([outcome])
  })

  it.each([
    [{ enabled: false }, {}, 'disabled'],
    [{ provider: 'gone' }, {}, 'its provider gone is not in the catalogue'],
    [{}, { enabled: false }, 'its provider VAPI is disabled'],
    [{ maxConcurrentCalls: 2 }, {}, 'at its cap (2 of 2)'],
  ])('passes over an agent %j with provider %j', (agent, provider, why) => {
    const config = configured({
      agents: [aVoiceAgent({ id: 'a', name: 'A', ...agent }), agents[1]!],
      providers: [aProvider(provider), aProvider({ key: 'other' })],
      rules: [aRule({ target: { type: 'agent', id: 'a' } })],
      defaultTarget: { type: 'reject' },
    })
    const routing = inbound(config, undefined, undefined, aWalker({ a: 2 }))
    expect(routing.target).toEqual({ type: 'reject' })
    expect(routing.steps).toMatchObject([
      { outcome: `voice agent A passed over: ${why}` },
      { because: `default target of the tenant: voice agent A passed over: ${why}`, outcome: 'reject (rejected)' },
    ])
  })

  it('passes over members that are disabled here, deleted or barred', () => {
    const config = configured({
      groups: [
        aGroup({
          members: [aMember({ agentId: 'a', enabled: false }), aMember({ agentId: 'gone' }), aMember({ agentId: 'b' })],
        }),
      ],
    })
    expect(inbound(config).steps[0]?.members).toMatchObject([
      { name: 'A', verdict: 'disabled in this group' },
      { name: 'gone', verdict: 'was deleted' },
      { name: 'B', verdict: 'chosen' },
    ])
  })

  it('goes on by fallbacks through groups, and not in circles', () => {
    const empty = aGroup({ id: 'empty', name: 'Empty', members: [], fallback: { type: 'group', id: 'capped' } })
    const capped = aGroup({
      id: 'capped',
      name: 'Capped',
      members: [aMember({ agentId: 'a' })],
      fallback: { type: 'group', id: 'empty' },
    })
    const config = configured({
      agents: [aVoiceAgent({ id: 'a', maxConcurrentCalls: 1 })],
      groups: [empty, capped],
      rules: [aRule({ target: { type: 'group', id: 'empty' } })],
    })
    const routing = inbound(config, undefined, undefined, aWalker({ a: 1 }))
    expect(routing.target).toEqual({ type: 'hangup' })
    expect(outcomes(routing)).toEqual([
      'agent group Empty has no members',
      'no member of agent group Capped is eligible',
      'agent group Empty was asked before',
      'hang-up',
    ])
    expect(routing.steps.map(({ because }) => because)).toEqual([
      'inbound rule Sales line',
      'fallback of agent group Empty: agent group Empty has no members',
      'fallback of agent group Capped: no member of agent group Capped is eligible',
      'nothing is left: agent group Empty was asked before',
    ])
  })

  it('goes to the default target where a rule leads to what was deleted', () => {
    const target = { type: 'message', value: 'Sorry' } as const
    const toGroup = inbound(
      configured({ rules: [aRule({ target: { type: 'group', id: 'gone' } })], defaultTarget: target }),
    )
    expect(toGroup.target).toEqual(target)
    expect(outcomes(toGroup)[0]).toBe('agent group gone was deleted')
    const toAgent = inbound(
      configured({ rules: [aRule({ target: { type: 'agent', id: 'gone' } })], defaultTarget: target }),
    )
    expect(outcomes(toAgent)[0]).toBe('voice agent gone passed over: was deleted')
  })

  it('asks a default target that is dead only once', () => {
    const config = configured({ rules: [], defaultTarget: { type: 'agent', id: 'gone' } })
    expect(outcomes(inbound(config))).toEqual(['voice agent gone passed over: was deleted', 'hang-up'])
  })

  it('shows of a long list the first and the chosen, and counts the rest', () => {
    const many = Array.from({ length: 80 }, (_, i) => aVoiceAgent({ id: `m${i}`, maxConcurrentCalls: 1 }))
    const big = aGroup({ members: many.map(({ id }, i) => aMember({ agentId: id, position: i + 1 })) })
    const busy = Object.fromEntries(many.slice(0, 70).map(({ id }) => [id, 1]))
    const routing = inbound(configured({ agents: many, groups: [big] }), undefined, undefined, aWalker(busy))
    const [step] = routing.steps
    expect(step?.members).toHaveLength(50)
    expect(step?.members?.at(-1)).toMatchObject({ agentId: 'm70', chosen: true })
    expect(step?.moreMembers).toBe(30)
  })

  it('shows a verdict on somebody it did not ask about without weight', () => {
    const config = configured()
    const walk = routeInbound(config, readNumbers(config, 'x', '+12025550100'), triedBefore())
    walk.next()
    const verdict = { agentId: 'a', eligible: true, chosen: true, verdict: 'chosen', activeCalls: 0, firstChoices: 0 }
    const { value } = walk.next({ agentId: 'a', verdicts: [{ ...verdict, agentId: 'stranger' }, verdict] })
    expect((value as Routing).steps[0]?.members?.[0]).toEqual({ ...verdict, agentId: 'stranger', name: 'stranger' })
  })
})

describe('routing on after a dial', () => {
  const after = (over: Partial<Ended> = {}): Ended => ({
    result: 'busy',
    groupId: 'group-1',
    groupAttempts: 1,
    tried: triedBefore({ agentIds: ['a'], attempts: 1 }),
    ...over,
  })
  const onward = (config: RoutingConfig, over: Partial<Ended> = {}, walker = aWalker()) =>
    walker.run(routeOnward(config, after(over)))

  it.each(['busy', 'no_answer', 'failed'] as const)('goes to the next member after %s', (result) => {
    const walker = aWalker()
    const routing = onward(configured(), { result }, walker)
    expect(routing).toMatchObject({ agent: agents[1], groupAttempts: 2 })
    expect(routing.steps[0]?.because).toBe(`failover after ${result.replace('_', ' ')}`)
    expect(routing.steps[0]?.members?.[0]?.verdict).toBe('already tried in this call')
    expect(walker.asked).toMatchObject([{ isFirstChoice: false }])
  })

  it('ends after an answer, and after what does not fail over', () => {
    expect(onward(configured(), { result: 'answered' })).toMatchObject({
      target: { type: 'hangup' },
      ringTimeoutSeconds: 0,
      steps: [{ because: 'the agent answered and the conversation is over' }],
    })
    expect(onward(configured(), { result: 'cancelled' }).steps[0]?.because).toBe(
      'a result of cancelled does not fail over',
    )
    const picky = configured({ groups: [{ ...group, retryOn: ['failed'] }], defaultTarget: { type: 'reject' } })
    expect(onward(picky, { result: 'busy' }).target).toEqual({ type: 'hangup' })
    expect(onward(picky, { result: 'failed' }).agent?.id).toBe('b')
  })

  it('retries a cancelled dial where the tenant or the group says so', () => {
    expect(onward(configured({ retriesCancelled: true }), { result: 'cancelled' }).agent?.id).toBe('b')
    expect(
      onward(configured({ groups: [{ ...group, retryOn: ['cancelled'] }] }), { result: 'cancelled' }).agent?.id,
    ).toBe('b')
  })

  it('goes to the fallback when the attempts are used up, then to the default target', () => {
    const usedUp = { groupAttempts: 3, tried: triedBefore({ agentIds: ['a', 'b', 'c'], attempts: 3 }) }
    const withFallback = configured({ groups: [{ ...group, fallback: { type: 'agent', id: 'd' } }] })
    const routing = onward(withFallback, usedUp)
    expect(routing.agent?.id).toBe('d')
    expect(routing.steps).toMatchObject([
      { outcome: 'its attempts are used up (3 of 3)' },
      { because: 'fallback of agent group Sales: its attempts are used up (3 of 3)' },
    ])
    expect(onward(configured({ defaultTarget: { type: 'reject' } }), usedUp).target).toEqual({ type: 'reject' })
    const nothing = onward(configured(), usedUp)
    expect(nothing.target).toEqual({ type: 'hangup' })
    expect(nothing.steps[1]?.because).toBe('nothing is left: its attempts are used up (3 of 3)')
  })

  it('goes to the default target after an agent of no group, or of a group that was deleted', () => {
    const config = configured({ defaultTarget: { type: 'agent', id: 'd' } })
    expect(onward(config, { groupId: undefined }).agent?.id).toBe('d')
    expect(onward(config, { groupId: 'gone' }).steps[0]?.because).toBe(
      'default target of the tenant: the result was busy',
    )
  })

  it('never dials an agent twice', () => {
    const config = configured({ defaultTarget: { type: 'agent', id: 'a' } })
    const routing = onward(config, { groupId: undefined })
    expect(routing.target).toEqual({ type: 'hangup' })
    expect(outcomes(routing)).toEqual(['voice agent A passed over: already tried in this call', 'hang-up'])
  })

  it('never dials a number twice', () => {
    const config = configured({ defaultTarget: { type: 'number', value: '+12025550145' } })
    const tried = triedBefore({ numbers: ['+12025550145'], attempts: 1 })
    const routing = onward(config, { groupId: undefined, groupAttempts: 0, tried })
    expect(routing.target).toEqual({ type: 'hangup' })
    expect(outcomes(routing)).toEqual(['number +12025550145 was dialled before in this call', 'hang-up'])
    const other = onward(config, { groupId: undefined, tried: { ...tried, numbers: ['+12025550146'] } })
    expect(other.target).toEqual(config.defaultTarget)
  })

  it('holds a group to its attempts also when the default target leads there again', () => {
    const config = configured({
      groups: [{ ...group, maxAttempts: 2 }],
      defaultTarget: { type: 'group', id: 'group-1' },
    })
    const tried = triedBefore({ agentIds: ['a', 'b'], attempts: 2 })
    expect(onward(config, { groupAttempts: 2, tried }).target).toEqual({ type: 'hangup' })
    const between = triedBefore({ agentIds: ['a', 'd'], attempts: 2, attemptsByGroup: new Map([['group-1', 1]]) })
    expect(onward(config, { groupId: undefined, tried: between })).toMatchObject({ agent: agents[1], groupAttempts: 2 })
    const spent = { ...between, attemptsByGroup: new Map([['group-1', 2]]) }
    expect(onward(config, { groupId: undefined, tried: spent }).target).toEqual({ type: 'hangup' })
  })

  it('ends for any configuration of groups that lead to each other, dialling nobody twice', () => {
    const groups = ['g1', 'g2', 'g3'].map((id, i) =>
      aGroup({
        id,
        name: id,
        maxAttempts: 10,
        members: ['a', 'b', 'c', 'd'].slice(i).map((agentId, n) => aMember({ agentId, position: n + 1 })),
        fallback: { type: 'group', id: `g${((i + 1) % 3) + 1}` },
      }),
    )
    const config = configured({
      groups,
      defaultTarget: { type: 'group', id: 'g1' },
      rules: [aRule({ target: { type: 'group', id: 'g2' } })],
    })
    const walker = aWalker()
    let routing: Routing = inbound(config, undefined, undefined, walker)
    const dialled: string[] = []
    while (routing.agent) {
      dialled.push(routing.agent.id)
      expect(dialled.length).toBeLessThan(10)
      const ended = { result: 'no_answer', groupId: routing.group?.id, groupAttempts: routing.groupAttempts } as const
      routing = walker.run(
        routeOnward(config, { ...ended, tried: triedBefore({ agentIds: dialled, attempts: dialled.length }) }),
      )
    }
    expect([...dialled].sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(walker.asked.filter(({ isFirstChoice }) => isFirstChoice)).toHaveLength(1)
  })

  it('says that nothing was tried yet', () => {
    expect(nothingTried).toEqual({
      agentIds: [],
      numbers: [],
      direction: 'inbound',
      attempts: 0,
      attemptsByGroup: new Map(),
      startedByGroup: new Map(),
    })
    const routing = aWalker().run(followTarget(configured(), { type: 'group', id: 'group-1' }, 'a test', triedBefore()))
    expect(routing.agent?.id).toBe('a')
  })
})

describe('how long and whom', () => {
  const members = ['a', 'b', 'c'].map((agentId, i) => aMember({ agentId, position: i + 1 }))

  it('rings each member as long as the member, or else the group, says', () => {
    const [first, ...others] = members
    const config = configured({
      groups: [aGroup({ members: [{ ...first!, ringTimeoutSeconds: 90 }, ...others] })],
    })
    const walker = aWalker()
    expect(inbound(config, undefined, undefined, walker).ringTimeoutSeconds).toBe(90)
    expect(walker.asked[0]?.ringTimeoutSeconds).toBe(90)
    expect(inbound(config, undefined, undefined, walker).ringTimeoutSeconds).toBe(20)
  })

  it('spends no more time in a group than its budget, then takes its fallback', () => {
    const fallback = { type: 'reject', value: 'busy' } as const
    const config = configured({ groups: [aGroup({ members, maxMs: 40_000, fallback })] })
    const afterSeconds = (seconds: number): Routing =>
      aWalker().run(
        routeOnward(config, {
          result: 'no_answer',
          groupId: 'group-1',
          groupAttempts: 1,
          tried: triedBefore({
            agentIds: ['a'],
            attempts: 1,
            startedByGroup: new Map([['group-1', monday]]),
            atMs: monday + seconds * 1000,
          }),
        }),
      )
    expect(inbound(config).ringTimeoutSeconds).toBe(20)
    expect(afterSeconds(20)).toMatchObject({ agent: { id: 'b' }, ringTimeoutSeconds: 20 })
    expect(afterSeconds(33)).toMatchObject({ agent: { id: 'b' }, ringTimeoutSeconds: 7 })
    expect(afterSeconds(36).target).toEqual(fallback)
    expect(outcomes(afterSeconds(36))[0]).toBe('its time is used up (4 s of 40 s are left)')
    expect(outcomes(afterSeconds(99))[0]).toBe('its time is used up (0 s of 40 s are left)')
  })

  it('asks for the agent of before where the group keeps callers', () => {
    const walker = aWalker()
    inbound(configured({ groups: [aGroup({ members, stickyMs: 60_000 })] }), undefined, undefined, walker)
    expect(walker.asked[0]?.sticky).toEqual({ caller: '+12025550123', ms: 60_000 })
  })

  it('passes over who drains or whose circuit is held open, and asks no circuit that is held closed', () => {
    const states = [
      { ...agents[0]!, draining: true },
      { ...agents[1]!, circuit: 'open' as const },
      { ...agents[2]!, circuit: 'closed' as const },
    ]
    const walker = aWalker()
    const routing = inbound(configured({ agents: states }), undefined, undefined, walker)
    expect(routing.agent?.id).toBe('c')
    expect(routing.steps[0]?.members?.map(({ verdict }) => verdict)).toEqual([
      'draining: it takes no new calls',
      'its circuit is held open',
      'chosen',
    ])
    expect(walker.asked[0]?.members.map(({ ignoresCircuit }) => ignoresCircuit)).toEqual([false, false, true])
  })
})

describe('the direction of a call', () => {
  const config = configured({
    rules: [aRule({ pattern: '*' })],
    numbers: new Map([
      ['+12025550100', { kind: 'did', mayDialOut: false }],
      ['+12025550199', { kind: 'agent', mayDialOut: true }],
    ]),
  })
  const direction = (from: string, to: string, says = false) => classify(config, says, readNumbers(config, from, to))

  it('is what the platform says, or what the numbers tell', () => {
    expect(direction('+12025550123', '+12025550100')).toBe('inbound')
    expect(direction('+12025550123', '+12025550100', true)).toBe('outbound')
    expect(direction('+12025550170', '+13035550100')).toBe('outbound')
    expect(direction('12025550170', '+13035550100')).toBe('outbound')
    expect(direction('+12025550170', '+12025550100')).toBe('inbound')
    expect(direction('+12025550100', '+13035550100')).toBe('outbound')
    expect(direction('+12025550100', '+12025550199')).toBe('outbound')
    expect(direction('+12025550199', '+12025550100')).toBe('inbound')
    expect(direction('anonymous', '')).toBe('inbound')
  })

  it('takes for a DID what an exact rule names, and nothing that a prefix covers', () => {
    const covered = configured({ rules: [aRule({ pattern: '+1202*' }), aRule()] })
    const numbers = (to: string) => readNumbers(covered, '+12025550170', to)
    expect(classify(covered, false, numbers('+12029990000'))).toBe('outbound')
    expect(classify(covered, false, numbers('+12025550100'))).toBe('inbound')
  })
})
