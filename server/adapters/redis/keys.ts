import type { StrategyName } from '../../../shared/vocabulary.ts'
import { strategies } from '../../domain/routing/strategies/index.ts'

/** Names of keys. A tenant's all begin with its prefix, whose hash tag keeps them in one slot of a cluster. */

export const tenantPrefix = (tenantId: string): string => `tenant:{${tenantId}}:`

/** Whose key it is. */
export const tenantOf = (key: string): string => key.slice(key.indexOf('{') + 1, key.indexOf('}'))

/** Where what concerns a tenant is told to all nodes. Redis knows no databases here: other installations hear it as well. */
export const eventsChannel = (tenantId: string): string => `${tenantPrefix(tenantId)}events`

/** What belongs to an installation and holds nothing of a tenant's. Several may share a Redis. */
export const siteKeys = (site: string) =>
  ({
    /** Tenants that have live calls, or had. */
    tenants: `switchyard:${site}:tenants`,
    /** Channel for what concerns no tenant. */
    events: `switchyard:${site}:events`,
    /** Nodes that have told a Redis that began anew what they know. `tag` lays the key at one primary of a cluster. */
    back: (runId: string, tag: string): string => `switchyard:${site}:back:${runId}${tag}`,
  }) as const

/** Where the tally of a group lies, behind the tenant's prefix. */
export const tallyKeys = (groupId: string, strategy: StrategyName) =>
  strategies[strategy].usesWindow ? windowTally(groupId) : rotationTally(groupId)
export const windowTally = (groupId: string) => ({
  tallyKey: `group:${groupId}:load_balanced:calls`,
  windowKey: `group:${groupId}:load_balanced:window`,
})
export const rotationTally = (groupId: string) => ({
  tallyKey: `group:${groupId}:round_robin:current`,
  windowKey: `group:${groupId}:round_robin:window`,
})
export const stickyKey = (groupId: string): string => `group:${groupId}:sticky:`
/** Whose last agent such a key holds. */
export const callerOf = (key: string): string => key.slice(key.indexOf(':sticky:') + ':sticky:'.length)
export const leasesKey = (kind: 'agent' | 'provider' | 'trunk', id: string): string => `${kind}:${id}:leases`
/** Names of all places that hold leases, or held some. */
export const leasePlaces = 'leases'
export const circuitKey = (kind: 'agent' | 'provider', id: string): string => `${kind}:${id}:circuit`
export const lockKey = (token: string): string => `routing:lock:${token}`
export const eventsKey = (token: string): string => `session:${token}:events`
export const sessionKey = (token: string): string => `session:${token}:state`
/** `key` is kind, token and stage by line. */
export const answerKey = (key: string): string => `webhook:idempotent:${key.replaceAll('\n', ':')}`
