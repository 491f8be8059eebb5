import { isWithheld } from '../numbers/withheld.ts'
import type { RoutingStep } from './explanation.ts'
import { strategies } from './strategies/index.ts'
import { outOfSchedule } from './out-of-schedule.ts'
import type { Routing, Tried, Walk } from './routing.ts'
import type { RoutableAgent, RoutableGroup, RoutableMember, RoutingConfig } from './routing-config.ts'
import type { MemberVerdict, SelectableMember } from './select-member.ts'

/** A shorter ring is not worth an attempt. */
const shortestRingSeconds = 5

const listedMembers = 50

/** Why the configuration or this call rules an agent out. */
export const barredAgent = (
  config: RoutingConfig,
  agent: RoutableAgent | undefined,
  tried: Tried,
): string | undefined => {
  if (!agent) return 'was deleted'
  if (!agent.enabled) return 'disabled'
  if (agent.draining) return 'draining: it takes no new calls'
  if (agent.circuit === 'open') return 'its circuit is held open'
  if (tried.agentIds.includes(agent.id)) return 'already tried in this call'
  const provider = config.providers.get(agent.provider)
  if (!provider) return `its provider ${agent.provider} is not in the catalogue`
  if (!provider.enabled) return `its provider ${provider.displayName} is disabled`
  return outOfSchedule(config, agent.scheduleId, tried.atMs)
}

/** What the runtime state needs to know of an agent. */
export const runtimeFacts = (agent: RoutableAgent | undefined) => ({
  provider: agent?.provider ?? '',
  maxConcurrentCalls: agent?.maxConcurrentCalls,
  ignoresCircuit: agent?.circuit === 'closed',
})

/** A member as it stands in the configuration, for a call that was tried with some already. */
export const selectableMember = (
  config: RoutingConfig,
  member: RoutableGroup['members'][number],
  tried: Tried,
): SelectableMember => {
  const agent = config.agents.get(member.agentId)
  const barred = barredAgent(config, agent, tried) ?? (member.enabled ? undefined : 'disabled in this group')
  return { ...member, ...runtimeFacts(agent), barred }
}

const explainMembers = (
  config: RoutingConfig,
  group: RoutableGroup,
  verdicts: readonly MemberVerdict[],
): Partial<RoutingStep> => {
  const members = new Map(group.members.map((member) => [member.agentId, member]))
  // Of a long list the chosen one and the first ones are worth keeping.
  const kept =
    verdicts.length <= listedMembers
      ? verdicts
      : verdicts.filter((verdict, i) => i < listedMembers - 1 || verdict.chosen)
  return {
    members: kept.map((one) => {
      const { agentId, eligible, chosen, verdict, activeCalls, firstChoices, lastUsedAtMs, behind, sticky } = one
      const member = members.get(agentId)
      return {
        agentId,
        name: config.agents.get(agentId)?.name ?? agentId,
        eligible,
        verdict,
        chosen,
        activeCalls,
        firstChoices,
        ...(member && { weight: member.weight, priority: member.priority }),
        ...(lastUsedAtMs !== undefined && { lastUsedAtMs }),
        ...(behind !== undefined && { behind }),
        ...(sticky && { sticky }),
      }
    }),
    ...(kept.length < verdicts.length && { moreMembers: verdicts.length - kept.length }),
  }
}

/** Asks one group for its next member; text says why there is none. */
export function* askGroup(
  config: RoutingConfig,
  group: RoutableGroup,
  because: string,
  tried: Tried,
  groupAttempts: number,
  steps: RoutingStep[],
): Walk<Routing | string> {
  const step = { type: 'group' as const, id: group.id, name: group.name, because, strategy: group.strategy }
  const none = (outcome: string, more: Partial<RoutingStep> = {}): string => {
    steps.push({ ...step, outcome, ...more })
    return outcome
  }
  if (group.members.length === 0) return none(`agent group ${group.name} has no members`)
  if (groupAttempts >= group.maxAttempts)
    return none(`its attempts are used up (${groupAttempts} of ${group.maxAttempts})`)
  const { maxMs, stickyMs } = group
  const leftSeconds =
    maxMs === undefined
      ? Infinity
      : Math.floor((maxMs + (tried.startedByGroup.get(group.id) ?? tried.atMs) - tried.atMs) / 1000)
  if (leftSeconds < shortestRingSeconds)
    return none(`its time is used up (${Math.max(0, leftSeconds)} s of ${Number(maxMs) / 1000} s are left)`)
  const ringSeconds = ({ ringTimeoutSeconds = group.ringTimeoutSeconds }: RoutableMember): number =>
    Math.min(ringTimeoutSeconds, leftSeconds)
  const reply = yield {
    group: { id: group.id, strategy: group.strategy, windowMs: group.windowMs },
    members: group.members.map((member) => selectableMember(config, member, tried)),
    isFirstChoice: tried.attempts === 0,
    ringTimeoutSeconds: group.members.reduce((longest, member) => Math.max(longest, ringSeconds(member)), 0),
    sticky: stickyMs === undefined || isWithheld(tried.caller) ? undefined : { caller: tried.caller, ms: stickyMs },
  }
  const { chance } = reply
  const compared = {
    ...explainMembers(config, group, reply.verdicts),
    ...(chance !== undefined && strategies[group.strategy].goesByChance && { chance }),
  }
  const agent = reply.agentId === undefined ? undefined : config.agents.get(reply.agentId)
  const member = group.members.find(({ agentId }) => agentId === reply.agentId)
  if (!agent || !member) return none(`no member of agent group ${group.name} is eligible`, compared)
  steps.push({ ...step, outcome: `${agent.name} chosen`, ...compared })
  return {
    target: { type: 'agent', id: agent.id },
    agent,
    group,
    ringTimeoutSeconds: ringSeconds(member),
    groupAttempts: groupAttempts + 1,
    steps,
  }
}
