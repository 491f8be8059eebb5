import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../server/simulator/chance.ts'
import { quartersOf } from '../../../../server/simulator/history/busy-hours.ts'
import { createDraw } from '../../../../server/simulator/history/draw.ts'
import { planHistory, type HistoryRange } from '../../../../server/simulator/history/plan-history.ts'
import type { HistorySite } from '../../../../server/simulator/history/site.ts'
import { startTimes } from '../../../../server/simulator/history/start-times.ts'
import { isTerminal } from '../../../../shared/vocabulary.ts'
import { nextCallState, type CallEvent } from '../../../../server/domain/calls/call-state.ts'
import { rerun, isSame } from '../../../../server/domain/routing/rerun.ts'

const dayMs = 86_400_000
const sunday = Date.parse('2026-03-01T05:00:00Z')
const range: HistoryRange = {
  startMs: sunday,
  endMs: sunday + 14 * dayMs,
  calls: 4000,
  seed: 7,
  run: 'test',
  payloadShare: 0,
}

const agent = (n: number, provider: string, enabled = true) => ({
  id: `agent-${n}`,
  name: `Agent ${n}`,
  provider,
  value: `+1202555017${n}`,
  enabled,
})
const member = (n: number, fields: { weight?: number; priority?: number; enabled?: boolean } = {}) => ({
  agentId: `agent-${n}`,
  priority: 1,
  weight: 1,
  position: n + 1,
  enabled: true,
  ...fields,
})
const settings = { windowHours: 24, maxAttempts: 3 }
const message = { type: 'message', value: 'Please call <again> later.' } as const

const site: HistorySite = {
  tenant: {
    id: 'tenant-1',
    name: 'Acme',
    domain: 'acme.cloudonix.net',
    timeZone: 'America/New_York',
    defaultCountry: 'US',
    defaultTarget: { type: 'reject', value: 'busy' },
    configVersion: 3,
  },
  agents: [agent(0, 'vapi'), agent(1, 'retell'), agent(2, 'ultravox'), agent(3, 'vapi'), agent(4, 'vapi', false)],
  groups: [
    {
      id: 'weighted',
      name: 'Weighted',
      strategy: 'load_balanced',
      settings,
      members: [member(0, { weight: 6 }), member(1, { weight: 2 }), member(2), member(4, { weight: 50 })],
      fallback: { type: 'group', id: 'ordered' },
    },
    {
      id: 'ordered',
      name: 'Ordered',
      strategy: 'priority',
      settings: { ...settings, maxAttempts: 2 },
      members: [member(2, { priority: 2 }), member(3, { priority: 1 }), member(1, { priority: 3 })],
      fallback: message,
    },
    {
      id: 'random',
      name: 'Random',
      strategy: 'weighted_random',
      settings,
      members: [member(0, { weight: 3 }), member(1), member(3, { enabled: false })],
      fallback: { type: 'group', id: 'random' },
    },
  ],
  inboundRules: [
    { id: 'rule-1', name: 'Main', pattern: '+12025550100', target: { type: 'group', id: 'weighted' } },
    { id: 'rule-2', name: 'Lines', pattern: '+1202555011*', target: { type: 'group', id: 'ordered' } },
    { id: 'rule-3', name: 'Direct', pattern: '+12025550120', target: { type: 'agent', id: 'agent-2' } },
    { id: 'rule-4', name: 'Cell', pattern: '+12025550121', target: { type: 'number', value: '+12025550188' } },
    { id: 'rule-5', name: 'Old', pattern: '+12025550122', target: message },
    { id: 'rule-6', name: 'Dice', pattern: '+12025550123', target: { type: 'group', id: 'random' } },
    { id: 'rule-7', name: 'Nobody', pattern: '+12025550124', target: { type: 'agent', id: 'agent-4' } },
  ].map((rule) => ({ ...rule, priority: 100, enabled: true }) as HistorySite['inboundRules'][number]),
  outboundRules: [
    {
      id: 'out-1',
      name: 'Out',
      destinationPattern: '*',
      trunkIds: ['east', 'west', 'gone'],
      priority: 1,
      enabled: true,
    },
  ],
  trunks: [
    { id: 'east', name: 'east', enabled: true, isDefault: false },
    { id: 'west', name: 'west', enabled: true, isDefault: false },
    { id: 'gone', name: 'gone', enabled: false, isDefault: false },
  ],
  numbers: [
    { number: '+12025550113', kind: 'did' },
    { number: '+12025550199', kind: 'agent' },
  ],
}

const play = (change: Partial<HistoryRange> = {}, of: HistorySite = site) => [
  ...planHistory(of, { ...range, ...change }).calls,
]
const callsOf = (units: ReturnType<typeof play>) =>
  units.map((call) => call.at(-1)?.call as NonNullable<(typeof call)[0]>['call'])
const shareOf = <T>(values: readonly T[], holds: (value: T) => boolean) => values.filter(holds).length / values.length

describe('a planned history', () => {
  const plain = play()
  const calls = callsOf(plain)

  it('is the same for the same seed, and another one for another', () => {
    expect(play()).toEqual(plain)
    expect(callsOf(play({ seed: 8 })).map(({ from }) => from)).not.toEqual(calls.map(({ from }) => from))
  })

  it('names the same calls anew in another run', () => {
    const again = callsOf(play({ run: 'next' }))
    expect(again.map(({ startedAtMs, from, state }) => [startedAtMs, from, state])).toEqual(
      calls.map(({ startedAtMs, from, state }) => [startedAtMs, from, state]),
    )
    const ids = new Set([...calls, ...again].flatMap(({ id, token }) => [id, token]))
    expect(ids.size).toBe(4 * range.calls)
  })

  it('holds every call to its range, in order, closed, with the transitions of the state machine', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.05, max: 40, noNaN: true }),
        (seed, count, days) => {
          const some = { seed, calls: count, endMs: sunday + Math.round(days * dayMs) }
          const units = play(some)
          expect(units).toHaveLength(count)
          let before = sunday
          for (const [unit] of units) {
            const { call, transitions } = unit as NonNullable<typeof unit>
            expect(call.startedAtMs).toBeGreaterThanOrEqual(before)
            expect(call.updatedAtMs).toBeLessThanOrEqual(some.endMs)
            expect(call.endedAtMs).toBeGreaterThanOrEqual(call.startedAtMs)
            expect(isTerminal(call.state)).toBe(true)
            expect(call.attempts.length).toBeLessThanOrEqual(3)
            const agents = call.attempts.flatMap(({ agentId }) => agentId ?? [])
            expect(new Set(agents).size).toBe(agents.length)
            for (const { from, event, to } of transitions.slice(1))
              expect(nextCallState(from as NonNullable<typeof from>, event as CallEvent)).toBe(to)
            expect(transitions.at(-1)?.to).toBe(call.state)
            before = call.startedAtMs
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is busy in office hours of the time zone, less so at noon, and quiet at weekends', () => {
    const local = new Intl.DateTimeFormat('en-US', {
      timeZone: 'America/New_York',
      weekday: 'short',
      hour: '2-digit',
      hourCycle: 'h23',
    })
    const at = calls.map(({ startedAtMs }) => local.format(startedAtMs))
    const weekend = shareOf(at, (text) => /Sat|Sun/.test(text))
    expect(weekend).toBeLessThan(0.12)
    expect(weekend).toBeGreaterThan(0.03)
    const during = (hour: number) => at.filter((text) => text.includes(`${hour}`.padStart(2, '0'))).length
    expect(during(10)).toBeGreaterThan(20 * during(3))
    expect(during(10)).toBeGreaterThan(1.2 * during(12))
    expect(during(15)).toBeGreaterThan(1.2 * during(12))
  })

  it('ends about 85 of 100 calls with a conversation, and has every other end too', () => {
    expect(shareOf(calls, ({ disposition }) => disposition === 'answered')).toBeCloseTo(0.85, 1)
    expect(new Set(calls.map(({ disposition }) => disposition))).toEqual(
      new Set(['answered', 'busy', 'no_answer', 'cancelled', 'failed']),
    )
    const attempts = new Set(calls.map((call) => call.attempts.length))
    expect([...attempts].sort()).toEqual([0, 1, 2, 3])
    expect(calls.some(({ announced, attempts: dials }) => announced === true && dials.length > 0)).toBe(true)
    expect(shareOf(calls, ({ direction }) => direction === 'outbound')).toBeCloseTo(0.12, 1)
  })

  it('dials the members of a group by weight, or in order of priority, and nobody who is disabled', () => {
    const firstOf = (groupId: string) =>
      calls.flatMap(({ attempts: [first] }) => (first?.groupId === groupId ? (first.agentId ?? []) : []))
    const weighted = firstOf('weighted')
    expect(shareOf(weighted, (id) => id === 'agent-0')).toBeCloseTo(6 / 9, 1)
    expect(new Set(firstOf('ordered'))).toEqual(new Set(['agent-3']))
    const dialled = calls.flatMap(({ attempts }) => attempts.map(({ agentId }) => agentId))
    expect(dialled).not.toContain('agent-4')
    expect(calls.map(({ trunkId }) => trunkId)).not.toContain('gone')
    expect(calls.map(({ ruleId }) => ruleId)).not.toContain('rule-7')
  })

  it('has people who call again, and some who withhold their number', () => {
    const callers = calls.filter(({ direction }) => direction === 'inbound').map(({ from }) => from)
    expect(new Set(callers).size).toBeLessThan(callers.length / 2)
    expect(shareOf(callers, (from) => from === 'anonymous')).toBeCloseTo(0.03, 1)
  })

  it('has hours in which the calls to one provider fail', () => {
    const { incidents, calls: played } = planHistory(site, { ...range, calls: 20_000 })
    const attempts = [...played].flatMap(([unit]) => unit?.call.attempts ?? [])
    expect(incidents.length).toBeGreaterThan(0)
    const during = attempts.filter(({ provider, startedAtMs }) =>
      incidents.some((one) => one.provider === provider && one.startMs <= startedAtMs && startedAtMs < one.endMs),
    )
    const failed = ({ result }: (typeof attempts)[number]) => result === 'failed'
    expect(during.length).toBeGreaterThan(0)
    expect(shareOf(during, failed)).toBeGreaterThan(0.4)
    expect(shareOf(attempts, failed)).toBeLessThan(0.1)
  })

  it('leaves decisions that come out the same when they are made again, and the bodies of the webhooks, for a share', () => {
    const full = play({ calls: 700, payloadShare: 1 })
    for (const units of full) {
      expect(units.length).toBe((units.at(-1)?.call.revision ?? 0) - 1)
      expect(units.map(({ call }) => call.revision)).toEqual(
        [...units.map(({ call }) => call.revision)].sort((a, b) => a - b),
      )
      for (const { decision, webhookEvent, call } of units) {
        if (decision) expect(rerun(decision.explanation).filter((choice) => !isSame(choice))).toEqual([])
        expect(JSON.parse(webhookEvent?.payload ?? '')).toMatchObject(
          webhookEvent?.kind === 'cdr' ? { from: call.from, to: call.to } : { Session: call.token },
        )
      }
    }
    const kinds = new Set(full.flatMap((units) => units.map(({ webhookEvent }) => webhookEvent?.kind)))
    expect(kinds).toEqual(new Set(['voice_request', 'dial_result', 'cdr']))
    expect(callsOf(full)).toEqual(callsOf(play({ calls: 700 })))
    expect(shareOf(play({ payloadShare: 0.1 }), (units) => units.length > 1)).toBeCloseTo(0.1, 1)
  })

  it('refuses a tenant whose calls would lead nowhere, with the way out', () => {
    const empty = { ...site, inboundRules: [], tenant: { ...site.tenant, defaultTarget: undefined } }
    expect(() => planHistory(empty, range)).toThrow(/tenant Acme would lead nowhere.*--sample-configuration/)
  })

  it('goes by the default target where there are no rules', () => {
    const bare = { ...site, inboundRules: [], outboundRules: [] }
    expect(new Set(callsOf(play({ calls: 20 }, bare)).map(({ state, ruleId }) => `${state} ${ruleId}`))).toEqual(
      new Set(['failed undefined']),
    )
  })

  it('has callers of the country, and of the home of those it does not know', () => {
    const of = (defaultCountry: string) =>
      callsOf(play({ calls: 300 }, { ...site, outboundRules: [], tenant: { ...site.tenant, defaultCountry } }))
    expect(shareOf(of('DE'), ({ from }) => from.startsWith('+49'))).toBeGreaterThan(0.8)
    expect(shareOf(of('DE'), ({ from, country }) => (country === 'DE') === from.startsWith('+49'))).toBe(1)
    expect(shareOf(of('XX'), ({ from }) => from.startsWith('+1'))).toBeGreaterThan(0.8)
  })
})

describe('start times', () => {
  it('give each quarter its share of the calls, to the call', () => {
    const quarters = quartersOf(sunday, sunday + 2 * dayMs, 'UTC')
    const total = quarters.reduce((sum, { weight }) => sum + weight, 0)
    const times = [...startTimes(quarters, 5000, createRandom(1))]
    for (const { startMs, endMs, weight } of quarters) {
      const here = times.filter((ms) => startMs <= ms && ms < endMs).length
      expect(Math.abs(here - (5000 * weight) / total)).toBeLessThanOrEqual(1)
    }
  })
})

describe('a draw', () => {
  it('goes by weight, and refuses to draw from nothing', () => {
    const draw = createDraw([
      ['often', 3],
      ['never', 0],
      ['seldom', 1],
    ])
    const random = createRandom(2)
    const drawn = Array.from({ length: 4000 }, () => draw(random))
    expect(shareOf(drawn, (name) => name === 'often')).toBeCloseTo(0.75, 1)
    expect(drawn).not.toContain('never')
    expect(() => createDraw([])).toThrow('nothing to draw')
  })
})
