import { describe, expect, it } from 'vitest'
import { analyse, type Analysed } from '../../../../../server/domain/routing/analysis/analyse.ts'
import {
  aGroup,
  aMember,
  anOutboundRule,
  aProvider,
  aRoutingConfig,
  aRule,
  aTrunk,
  aTrunkWay,
  aVoiceAgent,
} from '../../../../support/builders.ts'

const study = (parts: Parameters<typeof aRoutingConfig>[0], more: Partial<Analysed> = {}) => {
  const work = analyse(
    { config: aRoutingConfig(parts), atMs: 0, rules: [], outboundRules: [], ...more },
    { limit: 100 },
  )
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value.findings
  }
}
const agent = (id: string) => ({ type: 'agent' as const, id })
const group = (id: string) => ({ type: 'group' as const, id })

describe('the analysis of targets', () => {
  it('has nothing to say where everybody can be reached', () => {
    expect(
      study(
        { defaultTarget: group('group-1') },
        { rules: [aRule(), aRule({ ruleId: 'b', pattern: '+1', target: agent('agent-a') })] },
      ),
    ).toEqual([])
  })

  it('names whom a rule sends calls to in vain, and why', () => {
    const agents = [
      aVoiceAgent({ id: 'off', enabled: false }),
      aVoiceAgent({ id: 'alien', provider: 'unheard-of' }),
      aVoiceAgent({ id: 'mute', provider: 'dark' }),
    ]
    const providers = [aProvider({ key: 'dark', displayName: 'Dark', enabled: false })]
    const targets = [agent('gone'), agent('off'), agent('alien'), agent('mute'), group('gone')]
    const rules = targets.map((target, i) =>
      aRule({ ruleId: `rule-${i}`, pattern: `+1${i}`, target, enabled: i !== 1 }),
    )
    const findings = study({ agents, providers, groups: [] }, { rules })
    expect(
      findings.map(({ kind, severity, ruleId, agentId, otherId }) => [kind, severity, ruleId, agentId, otherId]),
    ).toEqual([
      ['dangling_target', 'error', 'rule-0', undefined, 'gone'],
      ['dangling_target', 'info', 'rule-1', 'off', 'off'],
      ['dangling_target', 'error', 'rule-2', 'alien', 'alien'],
      ['dangling_target', 'error', 'rule-3', 'mute', 'mute'],
      ['dangling_target', 'error', 'rule-4', undefined, 'gone'],
    ])
    expect(findings.map(({ message }) => /calls to (.*);/.exec(message)?.[1])).toEqual([
      'voice agent gone, which was deleted',
      'voice agent Agent off, which is disabled',
      'voice agent Agent alien, which has the provider unheard-of, which is not in the catalogue',
      'voice agent Agent mute, which has the provider Dark, which is disabled',
      'agent group gone, which was deleted',
    ])
  })

  it('looks at the default and the emergency target too', () => {
    const findings = study({ defaultTarget: group('gone') }, { emergencyTarget: agent('gone') })
    expect(findings.map(({ kind, message }) => [kind, message.split(' sends')[0]])).toEqual([
      ['dangling_default', 'The default target of the tenant'],
      ['dangling_default', 'The emergency target of the tenant'],
    ])
  })

  it('names trunks that calls go through in vain, and rules that are left without any', () => {
    const trunks = [
      aTrunk({ id: 'good' }),
      aTrunk({ id: 'off', enabled: false }),
      aTrunk({ id: 'in', direction: 'inbound' }),
      aTrunk({ id: 'left', platformState: 'vanished' }),
    ]
    const through = (...trunkIds: string[]) => aTrunkWay({ trunkIds })
    const number = (...trunkIds: string[]) => ({ type: 'number' as const, value: '+13035550100', trunkIds })
    const ways = [through('good'), through('off', 'good'), through('in'), through(), through('gone')]
    const outboundRules = ways.map((target, i) => ({
      ...anOutboundRule({ ruleId: `out-${i}`, name: `Out ${i}`, pattern: `+1${i}`, target, enabled: i !== 4 }),
      isOutbound: true,
    }))
    const rules = [aRule({ target: number('left', 'off') }), aRule({ ruleId: 'b', pattern: '+1', target: number() })]
    const groups = [aGroup({ name: 'Sales', fallback: number('off') })]
    const findings = study(
      { trunks, groups, defaultTarget: number('gone') },
      { rules, outboundRules, emergencyTarget: number('good', 'in') },
    )
    expect(
      findings.map(({ kind, severity, ruleId, groupId, otherId }) => [kind, severity, ruleId ?? groupId, otherId]),
    ).toEqual([
      ['unusable_trunk', 'error', undefined, 'gone'],
      ['unusable_trunk', 'warning', undefined, 'in'],
      ['unusable_trunk', 'warning', 'group-1', 'off'],
      ['unusable_trunk', 'error', 'rule-1', 'left'],
      ['unusable_trunk', 'error', 'rule-1', 'off'],
      ['unusable_trunk', 'warning', 'out-1', 'off'],
      ['unusable_trunk', 'error', 'out-2', 'in'],
      ['no_trunk', 'error', 'out-3', undefined],
      ['unusable_trunk', 'info', 'out-4', 'gone'],
    ])
    expect(findings.map(({ message }) => /which is passed over: (.*?);/.exec(message)?.[1])).toEqual([
      'was deleted',
      'takes no calls out, its direction is inbound',
      'disabled',
      'Cloudonix does not have it any more',
      'disabled',
      'disabled',
      'takes no calls out, its direction is inbound',
      undefined,
      'was deleted',
    ])
    expect(findings[7]?.message).toBe(
      'Outbound rule Out 3 (+13) names no trunk, and there is no default trunk, so its calls are rejected; name trunks, or make one the default',
    )
  })

  it('goes by the default trunk where none is named', () => {
    const rules = [aRule({ target: { type: 'number', value: '+13035550100' } })]
    const outboundRules = [anOutboundRule({ target: aTrunkWay({ trunkIds: [] }) })]
    expect(study({ trunks: [aTrunk({ isDefault: true })] }, { rules, outboundRules })).toEqual([])
    const off = study({ trunks: [aTrunk({ isDefault: true, enabled: false })] }, { rules, outboundRules })
    expect(off.map(({ kind, ruleId }) => [kind, ruleId])).toEqual([
      ['unusable_trunk', 'rule-1'],
      ['unusable_trunk', 'out-1'],
    ])
  })

  it('names an agent that an outbound rule sends calls to in vain', () => {
    const outboundRules = [anOutboundRule({ target: agent('gone') })]
    expect(study({}, { outboundRules }).map(({ kind, ruleId }) => [kind, ruleId])).toEqual([
      ['dangling_target', 'out-1'],
    ])
  })

  it('finds groups in which nobody can answer', () => {
    const groups = [
      aGroup({ id: 'empty', name: 'Empty', members: [] }),
      aGroup({ id: 'off', name: 'Off', members: [aMember({ enabled: false })], fallback: { type: 'hangup' } }),
      aGroup({ id: 'gone', name: 'Gone', members: [aMember({ agentId: 'nobody' })], fallback: agent('nobody') }),
    ]
    expect(study({ groups }).map(({ kind, severity, groupId, message }) => [kind, severity, groupId, message])).toEqual(
      [
        ['unanswerable_group', 'error', 'empty', 'Nobody in agent group Empty can answer: it has no members'],
        [
          'unanswerable_group',
          'warning',
          'off',
          'Nobody in agent group Off can answer: none of its 1 members takes calls; the first one is disabled in this group',
        ],
        [
          'unanswerable_group',
          'warning',
          'gone',
          'Nobody in agent group Gone can answer: none of its 1 members takes calls; the first one was deleted',
        ],
        [
          'dangling_target',
          'warning',
          'gone',
          'The fallback of agent group Gone sends calls to voice agent nobody, which was deleted; choose another target or put it right',
        ],
      ],
    )
  })

  it('tells a circle of fallbacks once, and no chain that only leads into it or ends', () => {
    const link = (id: string, fallback?: string) =>
      aGroup({ id, name: id.toUpperCase(), ...(fallback !== undefined && { fallback: group(fallback) }) })
    const groups = [link('in', 'a'), link('a', 'b'), link('b', 'a'), link('c', 'd'), link('d'), link('self', 'self')]
    expect(
      study({ groups }).map(({ kind, groupId, message }) => [kind, groupId, /circle: (.*);/.exec(message)?.[1]]),
    ).toEqual([
      ['fallback_cycle', 'a', 'A → B → A'],
      ['fallback_cycle', 'self', 'SELF → SELF'],
    ])
  })
})
