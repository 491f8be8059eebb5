import { dayMs } from '../../schedules/calendar.ts'
import type { CompiledSchedule } from '../../schedules/compile-schedule.ts'
import { outOfSchedule } from '../out-of-schedule.ts'
import type { RoutableGroup, RoutingConfig } from '../routing-config.ts'
import type { AnalysedRule, Finding, Reach } from './finding.ts'
import { nameOf } from './judge-rule.ts'
import { whyNoCalls, type Destinations } from './judge-targets.ts'

/** A week and a day, so that every weekly hour comes. */
const lookAheadMs = 8 * dayMs

export type Hours = Destinations & Pick<RoutingConfig, 'schedules' | 'rules' | 'defaultTarget'>

/** The moments in the coming week at which it closes, now if it is closed. */
const closings = (schedule: CompiledSchedule, nowMs: number): number[] => {
  const found: number[] = []
  for (let atMs: number | undefined = nowMs; atMs !== undefined && atMs < nowMs + lookAheadMs;) {
    const { isOpen, untilMs } = schedule.stateAt(atMs)
    if (!isOpen) found.push(atMs)
    atMs = untilMs
  }
  return found
}

/** A group whose members all keep hours, at a time when none of them does. Where it has a fallback, that is what it is for. */
const judgeGroup = (
  config: Hours,
  { id, name, members, fallback }: RoutableGroup,
  nowMs: number,
): Finding | undefined => {
  if (fallback) return undefined
  const able = members.filter(({ agentId, enabled }) => enabled && whyNoCalls(config, agentId) === undefined)
  const kept = able.map(({ agentId }) => config.agents.get(agentId)?.scheduleId)
  if (able.length === 0 || kept.includes(undefined)) return undefined
  const schedules = new Set(kept)
  const moments = [...schedules].flatMap((scheduleId) => {
    const schedule = config.schedules.get(scheduleId as string)
    return schedule ? closings(schedule, nowMs) : [nowMs]
  })
  const atMs = moments
    .toSorted((a, b) => a - b)
    .find((moment) => [...schedules].every((scheduleId) => outOfSchedule(config, scheduleId, moment) !== undefined))
  if (atMs === undefined) return undefined
  const why = outOfSchedule(config, kept[0], atMs) as string
  return {
    kind: 'schedule_gap',
    severity: 'warning',
    groupId: id,
    atMs,
    message: `At times nobody in agent group ${name} is on duty, and it has no fallback (first member: ${why}); give it a fallback or widen a schedule`,
  }
}

export function* judgeGroupHours(config: Hours, nowMs: number): Generator<Finding | undefined> {
  for (const group of config.groups.values()) yield judgeGroup(config, group, nowMs)
}

/** A rule that a call reaches while it is open, and a time when that call finds no rule at all. */
export const judgeRuleHours = (
  config: Hours,
  rule: AnalysedRule<unknown>,
  { to, from }: Reach,
  nowMs: number,
): Finding | undefined => {
  const schedule = rule.scheduleId === undefined ? undefined : config.schedules.get(rule.scheduleId)
  if (!schedule || rule.isOutbound || config.defaultTarget) return undefined
  const finds = (atMs: number): boolean =>
    config.rules.match(to, from, (scheduleId) => outOfSchedule(config, scheduleId, atMs)).route !== undefined
  const atMs = closings(schedule, nowMs).find((moment) => !finds(moment))
  if (atMs === undefined) return undefined
  return {
    kind: 'schedule_gap',
    severity: 'warning',
    ruleId: rule.ruleId,
    witness: { to, from },
    atMs,
    message: `${nameOf(rule)} is at times ${schedule.whyClosed(atMs)}; no other rule takes ${to} then, and the tenant has no default target, so callers are hung up on. Add a rule for that time or a default target, or widen the schedule`,
  }
}
