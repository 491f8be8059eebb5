import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEmbeddedRuntimeState } from '../../server/adapters/memory/embedded-runtime-state.ts'
import { askGroup } from '../../server/domain/routing/ask-group.ts'
import { readNumbers } from '../../server/domain/routing/call-numbers.ts'
import type { Explanation, RoutingStep } from '../../server/domain/routing/explanation.ts'
import { isSame, rerun } from '../../server/domain/routing/rerun.ts'
import { nothingTried, type SelectionAsk } from '../../server/domain/routing/routing.ts'
import { routeInbound } from '../../server/domain/routing/routing-engine.ts'
import { strategyNames } from '../../shared/vocabulary.ts'
import { aGroup, aMember, aRoutingConfig, aRule, aVoiceAgent } from '../support/builders.ts'
import { recordingJournal } from '../support/recording-journal.ts'
import { aWalker } from '../support/walk.ts'

const begin = 1_767_268_800_000
/** As the store keeps it. */
const stored = <T>(explanation: T): T => JSON.parse(JSON.stringify(explanation)) as T
const explained = (steps: RoutingStep[]): Explanation => stored({ summary: '', trigger: 'voice_request', steps })
const members = fc.array(
  fc.record({
    weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })),
    priority: fc.integer({ min: 1, max: 2 }),
    enabled: fc.constantFrom(true, true, true, false),
    cap: fc.constantFrom(undefined, undefined, 2),
  }),
  { minLength: 1, maxLength: 8 },
)
const call = fc.record({
  isFirst: fc.constantFrom(true, true, false),
  ends: fc.boolean(),
  caller: fc.constantFrom('+12025550101', '+12025550102', 'anonymous'),
  tried: fc.subarray([0, 1, 2]),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  pass: fc.constantFrom(0, 0, 40, 3000, 26 * 3_600_000),
})

describe('a decision made again from its explanation', () => {
  it('is the same: whichever member a group chose, by every strategy, in any history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...strategyNames),
        fc.boolean(),
        members,
        fc.array(call, { minLength: 1, maxLength: 30 }),
        async (strategy, isSticky, traits, calls) => {
          const agents = traits.map(({ cap }, i) => aVoiceAgent({ id: `agent-${i}`, maxConcurrentCalls: cap }))
          const group = aGroup({
            strategy,
            stickyMs: isSticky ? 600_000 : undefined,
            members: traits.map(({ cap: _, ...one }, i) => aMember({ agentId: `agent-${i}`, position: i + 1, ...one })),
          })
          const config = aRoutingConfig({ agents, groups: [group] })
          const runtime = await createEmbeddedRuntimeState(recordingJournal(), [])
          let nowMs = begin
          for (const [n, { isFirst, ends, caller, tried, chance, pass }] of calls.entries()) {
            nowMs += pass
            const steps: RoutingStep[] = []
            const before = {
              ...nothingTried,
              caller,
              agentIds: tried.map((i) => `agent-${i}`),
              attempts: isFirst ? 0 : 1,
              atMs: nowMs,
            }
            const walk = askGroup(config, group, 'rule', before, 0, steps)
            const leaseKey = `token-${n}\n1`
            const { group: asked, ...ask } = walk.next().value as SelectionAsk
            const always = { tenantId: 'tenant-1', leaseKey, leaseMs: 60_000, trialMs: 1000, providerLimits: {}, nowMs }
            const reply = await runtime.select({ ...always, ...ask, group: asked, chance })
            walk.next({ ...reply, chance })
            const choices = rerun(explained(steps))
            expect(choices).toEqual([
              { kind: 'member', among: group.name, stored: reply.agentId, again: reply.agentId },
            ])
            if (ends && reply.agentId !== undefined) await runtime.release('tenant-1', reply.agentId, 'vapi', leaseKey)
          }
        },
      ),
    )
  })

  it('is the same rule: whichever was found, by priority, pattern and age', () => {
    const aNumber = fc.constantFrom('+12025550100', '+12025550199', '+4930123456', '100')
    const rule = fc.record({
      pattern: fc.constantFrom('+12025550100', '+1202*', '+1*', '*', '100', '+49*'),
      callerPattern: fc.constantFrom(undefined, undefined, '+1202*', '+49*'),
      priority: fc.integer({ min: 1, max: 3 }),
      enabled: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 15 }), aNumber, aNumber, (rules, from, to) => {
        const config = aRoutingConfig({
          rules: rules.map((one, i) => aRule({ ...one, ruleId: `rule-${i}`, age: i })),
        })
        const numbers = readNumbers(config, from, to)
        const routing = aWalker().run(routeInbound(config, numbers, { ...nothingTried, caller: from, atMs: begin }))
        const choices = rerun(stored({ ...explained([]), ...numbers, rules: routing.rules }))
        expect(choices).toEqual(
          routing.rules.length === 0
            ? []
            : [{ kind: 'rule', among: 'rules', stored: routing.ruleId, again: routing.ruleId }],
        )
      }),
    )
  })

  const compared = (over: Partial<RoutingStep>): Explanation =>
    explained([
      { type: 'group', name: 'Sales', because: 'rule', outcome: 'A chosen', strategy: 'round_robin', ...over },
    ])
  const aMemberOf = (agentId: string, behind: number, chosen: boolean) => ({
    agentId,
    name: agentId,
    eligible: true,
    verdict: '',
    chosen,
    weight: 1,
    priority: 1,
    behind,
  })

  it('is told apart where what is stored does not lead to what was done', () => {
    const wrong = compared({ members: [aMemberOf('a', 0.1, true), aMemberOf('b', 0.9, false)] })
    expect(rerun(wrong)).toEqual([{ kind: 'member', among: 'Sales', stored: 'a', again: 'b' }])
    expect(rerun(wrong).map(isSame)).toEqual([false])
    const trunks = [true, true].map((eligible, i) => ({
      trunkId: `t${i}`,
      name: '',
      eligible,
      verdict: '',
      chosen: i === 1,
    }))
    expect(rerun(compared({ trunks })).map(isSame)).toEqual([false])
    expect(rerun(compared({ trunks: trunks.slice(1) })).map(isSame)).toEqual([true])
  })

  it('says where too little was kept to make it again', () => {
    const some = compared({ members: [aMemberOf('a', 0.9, true)], moreMembers: 60 })
    expect(rerun(some)[0]?.incomplete).toBe('the figures of 60 more members were not kept')
    expect(rerun(some).map(isSame)).toEqual([false])
    const rules = [{ ruleId: 'r', name: 'R', pattern: '*', priority: 1, verdict: 'chosen', chosen: true }]
    const to = { text: '1', number: '1', how: '' }
    expect(rerun({ ...explained([]), rules, to, moreRules: 5 })[0]?.incomplete).toBe(
      '5 more rules passed over were not kept',
    )
    expect(rerun({ ...explained([]), rules: [{ ...rules[0]!, pattern: '1*2' }], to })[0]?.incomplete).toMatch(
      /before its end/,
    )
    expect(rerun({ ...explained([]), rules })).toEqual([])
  })
})
