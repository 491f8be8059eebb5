import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyse } from '../../../../../server/domain/routing/analysis/analyse.ts'
import type { Finding } from '../../../../../server/domain/routing/analysis/finding.ts'
import { outOfSchedule } from '../../../../../server/domain/routing/out-of-schedule.ts'
import type { Route } from '../../../../../server/domain/routing/route.ts'
import { aCompiledSchedule, aGroup, aMember, aRoutingConfig, aRule, aVoiceAgent } from '../../../../support/builders.ts'

/** A Monday at noon in UTC. */
const monday = Date.UTC(2026, 5, 1, 12)
const hourMs = 3_600_000

const gaps = (parts: Parameters<typeof aRoutingConfig>[0], rules: readonly Route[] = []): Finding[] => {
  const analysed = rules.map((rule) => ({ ...rule, isSometimesClosed: rule.scheduleId !== undefined }))
  const config = aRoutingConfig({ ...parts, rules })
  const work = analyse({ config, atMs: monday, rules: analysed, outboundRules: [] }, { limit: 100 })
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value.findings.filter(({ kind }) => kind === 'schedule_gap')
  }
}
const whole = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }))
const shift = (id: string, weekly: { day: number; from: string; to: string }[]) =>
  aCompiledSchedule({ id, name: id, timeZone: 'UTC', weekly })
const every = (from: string, to: string) => whole.map(({ day }) => ({ day, from, to }))
const agentsOn = (...scheduleIds: (string | undefined)[]) =>
  scheduleIds.map((scheduleId, i) => aVoiceAgent({ id: `agent-${i}`, value: `+1303555010${i}`, scheduleId }))
const groupOf = (agents: readonly { id: string }[], over: Parameters<typeof aGroup>[0] = {}) =>
  aGroup({ members: agents.map(({ id }, i) => aMember({ agentId: id, position: i + 1 })), ...over })

describe('hours that nobody keeps in a group', () => {
  const schedules = [
    shift('day', every('08:00', '20:00')),
    shift('night', every('21:00', '24:00')),
    shift('all', whole),
  ]

  it('are told with a time, where the group has no fallback', () => {
    const agents = agentsOn('day', 'night')
    const [gap, ...more] = gaps({ agents, groups: [groupOf(agents)], schedules })
    expect(more).toEqual([])
    expect(gap).toMatchObject({ severity: 'warning', groupId: 'group-1', atMs: monday + 8 * hourMs })
    expect(gap?.message).toBe(
      'At times nobody in agent group Sales is on duty, and it has no fallback (first member: outside its schedule day (opens Tue 08:00 UTC)); give it a fallback or widen a schedule',
    )
    const fallback = { type: 'message', value: 'Closed' } as const
    expect(gaps({ agents, groups: [groupOf(agents, { fallback })], schedules })).toEqual([])
  })

  it('are no gap where somebody keeps none, or all; nor is whoever takes no calls counted', () => {
    for (const other of [undefined, 'all']) {
      const agents = agentsOn('day', other)
      expect(gaps({ agents, groups: [groupOf(agents)], schedules })).toEqual([])
      const off = agents.map((agent, i) => ({ ...agent, enabled: i === 0 }))
      expect(gaps({ agents: off, groups: [groupOf(off)], schedules })).toHaveLength(1)
    }
  })

  it('are all hours where the schedule was deleted', () => {
    const agents = agentsOn('gone')
    expect(gaps({ agents, groups: [groupOf(agents)], schedules })[0]).toMatchObject({ atMs: monday })
  })

  it('are found exactly where there are some', () => {
    const hour = fc.integer({ min: 0, max: 23 })
    const hours = fc.record({
      day: fc.integer({ min: 1, max: 7 }),
      from: hour,
      length: fc.integer({ min: 1, max: 24 }),
    })
    const two = (n: number) => String(n).padStart(2, '0')
    const weekly = fc
      .array(hours, { maxLength: 3 })
      .map((some) => [
        ...some.map(({ day, from, length }) => ({
          day,
          from: `${two(from)}:00`,
          to: `${two(Math.min(24, from + length))}:00`,
        })),
        ...every('06:00', '18:00').filter(({ day }) => !some.some((one) => one.day === day)),
      ])
      .filter((list) => new Set(list.map(({ day }) => day)).size === list.length)
    fc.assert(
      fc.property(
        fc.array(fc.oneof(weekly, fc.constant(every('18:00', '24:00')), fc.constant(every('00:00', '07:00'))), {
          minLength: 1,
          maxLength: 4,
        }),
        (weeks) => {
          const shifts = weeks.map((week, i) => shift(`s${i}`, week))
          const agents = agentsOn(...shifts.map(({ id }) => id))
          const config = aRoutingConfig({ schedules: shifts })
          const isGap = (atMs: number) => shifts.every(({ id }) => outOfSchedule(config, id, atMs) !== undefined)
          const somewhere = Array.from({ length: 8 * 24 }, (_, n) => monday + n * hourMs).some(isGap)
          const [gap] = gaps({ agents, groups: [groupOf(agents)], schedules: shifts })
          expect(gap !== undefined).toBe(somewhere)
          if (gap) expect(isGap(gap.atMs!)).toBe(true)
        },
      ),
    )
  })
})

describe('hours at which a number finds no rule', () => {
  const schedules = [
    shift('day', every('08:00', '20:00')),
    shift('night', every('20:00', '24:00')),
    shift('early', every('00:00', '08:00')),
  ]
  const ruleOn = (scheduleId: string | undefined, over: Parameters<typeof aRule>[0] = {}) =>
    aRule({
      ruleId: scheduleId ?? 'always',
      name: scheduleId ?? 'always',
      target: { type: 'hangup' },
      ...(scheduleId && { scheduleId }),
      ...over,
    })
  const both = [ruleOn('day'), ruleOn('night', { age: 2 })]

  it('are told of the rule that closes, with the call and the time', () => {
    const [gap, ...more] = gaps({ schedules, groups: [] }, both)
    expect(more).toEqual([])
    expect(gap).toMatchObject({ ruleId: 'night', witness: { to: '+12025550100' }, atMs: monday + 12 * hourMs })
  })

  it('are told of the first rule where nothing follows it', () => {
    const [gap] = gaps({ schedules, groups: [] }, [ruleOn('day')])
    expect(gap).toMatchObject({ ruleId: 'day', atMs: monday + 8 * hourMs })
    expect(gap?.message).toBe(
      'Rule day (+12025550100) is at times outside its schedule day (opens Tue 08:00 UTC); no other rule takes +12025550100 then, and the tenant has no default target, so callers are hung up on. Add a rule for that time or a default target, or widen the schedule',
    )
  })

  it('are none where rules or the default target fill them', () => {
    expect(gaps({ schedules, groups: [] }, [...both, ruleOn('early', { age: 3 })])).toEqual([])
    expect(gaps({ schedules, groups: [] }, [ruleOn('day'), ruleOn(undefined, { age: 2, pattern: '*' })])).toEqual([])
    expect(gaps({ schedules, groups: [], defaultTarget: { type: 'hangup' } }, [ruleOn('day')])).toEqual([])
    expect(gaps({ schedules, groups: [] }, [ruleOn('gone')])).toEqual([])
  })
})
