import type { FindingKind } from '../../../../shared/vocabulary.ts'
import type { RoutableGroup, RoutingConfig } from '../routing-config.ts'
import type { Target } from '../target.ts'
import type { Finding } from './finding.ts'
import { judgeWay } from './judge-trunks.ts'

export type Destinations = Pick<RoutingConfig, 'agents' | 'groups' | 'providers' | 'trunks' | 'defaultCountry'>

interface DeadEnd {
  readonly why: string
  readonly agentId?: string
  readonly otherId: string
}

/** Why an agent takes no calls, whatever the hour. */
export const whyNoCalls = ({ agents, providers }: Destinations, agentId: string): string | undefined => {
  const agent = agents.get(agentId)
  if (!agent) return 'was deleted'
  if (!agent.enabled) return 'is disabled'
  const provider = providers.get(agent.provider)
  if (!provider) return `has the provider ${agent.provider}, which is not in the catalogue`
  return provider.enabled ? undefined : `has the provider ${provider.displayName}, which is disabled`
}

const deadEnd = (config: Destinations, target: Target): DeadEnd | undefined => {
  if (target.type === 'group')
    return config.groups.has(target.id)
      ? undefined
      : { why: `agent group ${target.id}, which was deleted`, otherId: target.id }
  if (target.type !== 'agent') return undefined
  const why = whyNoCalls(config, target.id)
  if (why === undefined) return undefined
  const agent = config.agents.get(target.id)
  return {
    why: `voice agent ${agent?.name ?? target.id}, which ${why}`,
    otherId: target.id,
    ...(agent && { agentId: agent.id }),
  }
}

/** A target that leads to somebody who takes no calls. */
export const judgeTarget = (
  config: Destinations,
  target: Target | undefined,
  owner: string,
  about: Pick<Finding, 'severity' | 'ruleId' | 'groupId'>,
  kind: FindingKind = 'dangling_target',
): Finding | undefined => {
  const end = target && deadEnd(config, target)
  if (!end) return undefined
  const { why, ...ids } = end
  return { kind, ...about, ...ids, message: `${owner} sends calls to ${why}; choose another target or put it right` }
}

const judgeMembers = (config: Destinations, { id, name, members, fallback }: RoutableGroup): Finding | undefined => {
  if (members.some(({ agentId, enabled }) => enabled && whyNoCalls(config, agentId) === undefined)) return undefined
  const [first] = members
  const why = first
    ? `none of its ${members.length} members takes calls; the first one ${first.enabled ? (whyNoCalls(config, first.agentId) as string) : 'is disabled in this group'}`
    : 'it has no members'
  return {
    kind: 'unanswerable_group',
    severity: fallback ? 'warning' : 'error',
    groupId: id,
    message: `Nobody in agent group ${name} can answer: ${why}`,
  }
}

/** Chains of fallbacks that lead back into themselves, each told once. */
function* judgeCycles({ groups }: Destinations): Generator<Finding> {
  const seen = new Set<string>()
  for (const start of groups.values()) {
    const path: RoutableGroup[] = []
    let group: RoutableGroup | undefined = start
    while (group && !seen.has(group.id)) {
      seen.add(group.id)
      path.push(group)
      group = group.fallback?.type === 'group' ? groups.get(group.fallback.id) : undefined
    }
    const from = group ? path.indexOf(group) : -1
    if (!group || from < 0) continue
    const names = [...path.slice(from), group].map(({ name }) => name)
    yield {
      kind: 'fallback_cycle',
      severity: 'warning',
      groupId: group.id,
      message: `The fallbacks of agent groups go in a circle: ${names.join(' → ')}; end the chain elsewhere`,
    }
  }
}

export function* judgeGroups(config: Destinations): Generator<Finding> {
  for (const group of config.groups.values()) {
    const nobody = judgeMembers(config, group)
    if (nobody) yield nobody
    const about = { severity: 'warning' as const, groupId: group.id }
    const owner = `The fallback of agent group ${group.name}`
    const dangling = judgeTarget(config, group.fallback, owner, about)
    if (dangling) yield dangling
    yield* judgeWay(config, group.fallback, owner, about)
  }
  yield* judgeCycles(config)
}
