import type { StrategyName } from '../../../shared/vocabulary.ts'
import { strategies } from '../../domain/routing/strategies/index.ts'

/** Names of keys. A tenant's all begin with its prefix, whose hash tag keeps them in one slot of a cluster. */

export const tenantPrefix = (tenantId: string): string => `tenant:{${tenantId}}:`

/** Where what concerns a tenant is told to all nodes. */
export const eventsChannel = (tenantId: string): string => `${tenantPrefix(tenantId)}events`

/** What follows belongs to the site and holds nothing of a tenant's. */
export const siteKeys = {
  /** Tenants that have live calls, or had. */
  tenants: 'switchyard:tenants',
  /** Nodes by their last sign of life. */
  nodes: 'switchyard:nodes',
  /** Channel for what concerns no tenant. */
  events: 'switchyard:events',
  /** Nodes that have told a Redis that began anew what they know. */
  back: (runId: string): string => `switchyard:back:${runId}`,
} as const

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
export const leasesKey = (kind: 'agent' | 'provider' | 'trunk', id: string): string => `${kind}:${id}:leases`
/** Names of all places that hold leases, or held some. */
export const leasePlaces = 'leases'
export const circuitKey = (kind: 'agent' | 'provider', id: string): string => `${kind}:${id}:circuit`
export const lockKey = (token: string): string => `routing:lock:${token}`
export const eventsKey = (token: string): string => `session:${token}:events`
export const sessionKey = (token: string): string => `session:${token}:state`
/** `key` is kind, token and stage by line. */
export const answerKey = (key: string): string => `webhook:idempotent:${key.replaceAll('\n', ':')}`
