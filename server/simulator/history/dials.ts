import type { AttemptResult } from '../../../shared/vocabulary.ts'
import type { Random } from '../chance.ts'
import type { Lookup } from './routes.ts'
import type { SiteAgent, SiteGroup, Target } from './site.ts'

/** Somebody who is dialled when the call comes to it. */
export interface Dial {
  readonly agent?: SiteAgent | undefined
  readonly group?: SiteGroup | undefined
  /** Where the target is a number and not an agent. */
  readonly number?: string | undefined
  readonly trunkId?: string | undefined
  readonly ringTimeoutSeconds: number
  /** Results after which the next one is dialled. */
  readonly retryOn: readonly AttemptResult[]
}

export interface DialOrder {
  readonly dials: readonly Dial[]
  /** What the caller gets when nobody was reached. */
  readonly last?: Extract<Target, { type: 'message' | 'reject' | 'hangup' }> | undefined
}

const mostDials = 3
const usualRingSeconds = 30
const usuallyRetried: readonly AttemptResult[] = ['busy', 'no_answer', 'failed']

/** Drawn by weight, none twice. */
const drawMembers = <T extends { readonly weight: number }>(
  members: readonly T[],
  count: number,
  random: Random,
): T[] => {
  const left = [...members]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0) {
    let ticket = random() * left.reduce((sum, { weight }) => sum + weight, 0)
    const index = left.findIndex(({ weight }) => (ticket -= weight) < 0)
    drawn.push(...left.splice(Math.max(0, index), 1))
  }
  return drawn
}

const dialsOfGroup = (group: SiteGroup, { agents }: Lookup, random: Random): Dial[] => {
  const { strategy, settings } = group
  const able = group.members.filter(({ agentId, enabled }) => enabled && agents.get(agentId)?.enabled === true)
  const count = Math.min(settings.maxAttempts, mostDials)
  const weighed = strategy === 'least_active' ? able.map((member) => ({ ...member, weight: 1 })) : able
  const drawn = drawMembers(weighed, strategy === 'priority' ? able.length : count, random)
  const chosen = strategy === 'priority' ? drawn.sort((a, b) => a.priority - b.priority).slice(0, count) : drawn
  return chosen.map(({ agentId, ringTimeoutSeconds }) => ({
    agent: agents.get(agentId),
    group,
    ringTimeoutSeconds: ringTimeoutSeconds ?? settings.ringTimeoutSeconds ?? usualRingSeconds,
    retryOn: settings.retryOn ?? usuallyRetried,
  }))
}

const dialsOf = (target: Target, lookup: Lookup, random: Random): Dial[] => {
  if (target.type === 'group') {
    const group = lookup.groups.get(target.id)
    return group ? dialsOfGroup(group, lookup, random) : []
  }
  if (target.type === 'agent') {
    const agent = lookup.agents.get(target.id)
    return agent?.enabled === true ? [{ agent, ringTimeoutSeconds: usualRingSeconds, retryOn: [] }] : []
  }
  if (target.type !== 'number') return []
  const trunkIds = target.trunkIds ?? []
  const dial = { number: target.value, ringTimeoutSeconds: usualRingSeconds }
  if (trunkIds.length === 0) return [{ ...dial, retryOn: [] }]
  return trunkIds.map((trunkId, n) => ({
    ...dial,
    trunkId,
    retryOn: n < trunkIds.length - 1 ? ['failed' as const] : [],
  }))
}

/** Who is dialled one after the other on the way from a target through fallbacks: three at most, no agent twice. */
export const dialOrder = (target: Target, lookup: Lookup, random: Random): DialOrder => {
  const dials: Dial[] = []
  const asked = new Set<string>()
  let next: Target | undefined = target
  while (next) {
    if (next.type === 'message' || next.type === 'reject' || next.type === 'hangup') return { dials, last: next }
    for (const dial of dialsOf(next, lookup, random)) {
      const isNew = dial.agent === undefined || dials.every(({ agent }) => agent?.id !== dial.agent?.id)
      if (isNew && dials.length < mostDials) dials.push(dial)
    }
    if (next.type !== 'group' || asked.has(next.id)) break
    asked.add(next.id)
    next = lookup.groups.get(next.id)?.fallback
  }
  return { dials }
}
