import { ScenarioError } from '../scenario.ts'
import type { HistorySite, SiteAgent, SiteGroup, Target } from './site.ts'
import { createDraw } from './draw.ts'
import type { Random } from '../chance.ts'

/** One way that calls take: who is called, what sends the call on, where to. */
export interface HistoryRoute {
  readonly direction: 'inbound' | 'outbound'
  readonly rule?:
    { readonly id: string; readonly name: string; readonly pattern: string; readonly priority: number } | undefined
  readonly target: Target
  /** What led there, in the words of an explanation. */
  readonly because: string
  /** Numbers called by way of it; for outbound calls the number that calls. */
  readonly own: (random: Random) => string
}

const outboundShare = 0.12
const defaultTargetShare = 0.02
const fullLength = '+12025550100'.length

/** A number that a pattern matches. */
const matching = (pattern: string, dids: readonly string[]) => {
  if (!pattern.endsWith('*')) return () => pattern
  const prefix = pattern.slice(0, -1)
  const known = dids.filter((did) => did.startsWith(prefix))
  return (random: Random): string => {
    if (known.length > 0) return known[Math.floor(random() * known.length)] ?? prefix
    const start = prefix === '' ? '+120255501' : prefix
    const missing = Math.max(0, fullLength - start.length)
    return (
      start +
      Math.floor(random() * 10 ** missing)
        .toString()
        .padStart(missing, '0')
        .slice(0, missing)
    )
  }
}

/** The earlier ones are called more. */
const weightAt = (position: number): number => 1 / (position + 1) ** 0.7

export interface Lookup {
  readonly agents: ReadonlyMap<string, SiteAgent>
  readonly groups: ReadonlyMap<string, SiteGroup>
}

const leadsSomewhere = (target: Target, { agents, groups }: Lookup): boolean => {
  if (target.type === 'agent') return agents.get(target.id)?.enabled === true
  if (target.type !== 'group') return true
  const group = groups.get(target.id)
  return group?.members.some(({ agentId, enabled }) => enabled && agents.get(agentId)?.enabled === true) === true
}

const inboundRoutes = ({ inboundRules, tenant, numbers }: HistorySite, lookup: Lookup) => {
  const dids = numbers.filter(({ kind }) => kind === 'did').map(({ number }) => number)
  const own = inboundRules
    .filter(
      ({ enabled, callerPattern, target }) => enabled && callerPattern === undefined && leadsSomewhere(target, lookup),
    )
    .map(({ id, name, pattern, priority, target }): HistoryRoute => ({
      direction: 'inbound',
      rule: { id, name, pattern, priority },
      target,
      because: `rule ${name}`,
      own: matching(pattern, dids),
    }))
  const weighted = own.map((route, n) => [route, weightAt(n)] as const)
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0)
  const { defaultTarget } = tenant
  if (!defaultTarget || !leadsSomewhere(defaultTarget, lookup)) return weighted
  const fallback: HistoryRoute = {
    direction: 'inbound',
    target: defaultTarget,
    because: 'no rule; default target of the tenant',
    own: matching('*', dids),
  }
  return [...weighted, [fallback, total === 0 ? 1 : total * defaultTargetShare] as const]
}

const outboundRoutes = ({ outboundRules, trunks, numbers }: HistorySite) => {
  const usable = new Set(trunks.filter(({ enabled }) => enabled).map(({ id }) => id))
  const callers = numbers.map(({ number }) => number)
  return outboundRules
    .filter(
      ({ enabled, callerPattern, trunkIds }) =>
        enabled && callerPattern === undefined && trunkIds.some((id) => usable.has(id)),
    )
    .map(({ id, name, destinationPattern, priority, trunkIds }, n) => {
      const through = trunkIds.filter((trunkId) => usable.has(trunkId))
      const route: HistoryRoute = {
        direction: 'outbound',
        rule: { id, name, pattern: destinationPattern, priority },
        target: { type: 'number', value: '', trunkIds: through },
        because: `rule ${name}`,
        own: (random) => callers[Math.floor(random() * callers.length)] ?? '+12025550100',
      }
      return [route, weightAt(n)] as const
    })
}

/** Draws the way of a call. Refuses, with the way out, a tenant whose calls would lead nowhere. */
export const createRouteDraw = (site: HistorySite, lookup: Lookup): ((random: Random) => HistoryRoute) => {
  const inbound = inboundRoutes(site, lookup)
  const outbound = outboundRoutes(site)
  if (inbound.length === 0)
    throw new ScenarioError(
      `Calls to tenant ${site.tenant.name} would lead nowhere: it has no enabled inbound rule or default target with ` +
        'an agent behind it. Configure some, or let --sample-configuration do it',
    )
  const drawInbound = createDraw(inbound)
  if (outbound.length === 0) return drawInbound
  const drawOutbound = createDraw(outbound)
  return (random) => (random() < outboundShare ? drawOutbound(random) : drawInbound(random))
}
