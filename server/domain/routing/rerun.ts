import type { StrategyName } from '../../../shared/vocabulary.ts'
import type { ComparedMember, Explanation, RoutingStep } from './explanation.ts'
import { parsePattern } from './pattern.ts'
import { createRouteTableBuilder } from './route-table.ts'
import { strategies } from './strategies/index.ts'

/**
 * A decision made again from nothing but its stored explanation: the rules that were considered against the numbers as they
 * were understood, the strategy of each group on the figures that it compared, the trunks in their order.
 */

/** One choice within a decision. */
export interface RerunChoice {
  readonly kind: 'rule' | 'member' | 'trunk'
  /** Among what was chosen: the inbound rules, or the group or target of the step. */
  readonly among: string
  /** Id of what was chosen then and of what is chosen now; none is nobody. */
  readonly stored?: string | undefined
  readonly again?: string | undefined
  /** Why it could not be made again; then `again` says nothing. */
  readonly incomplete?: string | undefined
}

const chosenAgain = (members: readonly ComparedMember[], name: StrategyName, chance = 0): string | undefined => {
  const sticky = members.find(({ eligible, sticky: isSticky }) => eligible && isSticky)
  if (sticky) return sticky.agentId
  const strategy = strategies[name]
  const eligible = members.flatMap((member, position) =>
    member.eligible
      ? {
          agentId: member.agentId,
          weight: member.weight as number,
          priority: member.priority as number,
          position,
          activeCalls: member.activeCalls ?? 0,
          lastUsedAtMs: member.lastUsedAtMs,
          behind: member.behind ?? 0,
        }
      : [],
  )
  return strategy.choose(strategy.contenders(eligible), chance)?.agentId
}

/** What is compared are the members of a group, each with its weight and priority. */
const rerunMembers = ({ members, moreMembers, name, strategy, chance }: RoutingStep): RerunChoice | undefined => {
  if (!members || name === undefined || strategy === undefined) return undefined
  const choice = { kind: 'member', among: name } as const
  const stored = members.find(({ chosen }) => chosen)?.agentId
  return moreMembers === undefined
    ? { ...choice, stored, again: chosenAgain(members, strategy, chance) }
    : { ...choice, stored, incomplete: `the figures of ${moreMembers} more members were not kept` }
}

const rerunTrunks = ({ trunks, because }: RoutingStep): RerunChoice | undefined =>
  trunks && {
    kind: 'trunk',
    among: because,
    stored: trunks.find(({ chosen }) => chosen)?.trunkId,
    again: trunks.find(({ eligible }) => eligible)?.trunkId,
  }

const rerunRules = ({ rules = [], moreRules, from, to }: Explanation): RerunChoice | undefined => {
  if (rules.length === 0 || !to) return undefined
  const choice = { kind: 'rule', among: 'rules', stored: rules.find(({ chosen }) => chosen)?.ruleId } as const
  if (moreRules !== undefined) return { ...choice, incomplete: `${moreRules} more rules passed over were not kept` }
  const table = createRouteTableBuilder()
  const passedOver = new Map<string, string>()
  for (const [age, { ruleId, name, pattern: text, priority, verdict, chosen }] of rules.entries()) {
    const pattern = parsePattern(text)
    if (typeof pattern === 'string') return { ...choice, incomplete: pattern }
    if (!chosen) passedOver.set(ruleId, verdict)
    const target = { type: 'hangup' } as const
    table.add({
      ruleId,
      name,
      pattern,
      callerPattern: undefined,
      priority,
      age,
      enabled: true,
      scheduleId: ruleId,
      target,
    })
  }
  const match = table.build().match(to.number, from?.number ?? '', (ruleId) => passedOver.get(ruleId))
  return { ...choice, again: match.route?.ruleId }
}

/** Every choice of a decision, made again. */
export const rerun = (explanation: Explanation): readonly RerunChoice[] =>
  [rerunRules(explanation), ...explanation.steps.flatMap((step) => [rerunMembers(step), rerunTrunks(step)])].filter(
    (choice) => choice !== undefined,
  )

export const isSame = ({ stored, again, incomplete }: RerunChoice): boolean =>
  incomplete === undefined && stored === again
