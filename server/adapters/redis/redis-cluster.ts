import { Cluster, Command, Redis } from 'ioredis'
import { connectionOptions, earOptions, pauseMs, type Primary, type RedisConnection } from './redis-connection.ts'
import { assertWhole, faultOfCluster } from './redis-faults.ts'
import type { ClusterPlace } from './redis-url.ts'

/**
 * While a hash slot moves, its keys lie in two places, and where a command is asked to go it would find none of those that did not
 * move yet: so it fails instead.
 */
class SettledCluster extends Cluster {
  override handleError(error: Error, ttl: { value?: unknown }, handlers: { readonly defaults: () => void }): void {
    super.handleError(error, ttl, { ...handlers, ask: handlers.defaults })
  }
}

const slots: number[] = []
const tagOf = (n: number): string => `:{${n}}`
const slotOf = (n: number): number => (slots[n] ??= new Command('get', [tagOf(n)]).getSlot())

const unreached = (address: string): Error => new Error(`no connection to ${address}`)
const addressOf = ({ options }: Redis): string => `${options.host}:${options.port}`

export const connectCluster = ({ nodes, username, password, isTls }: ClusterPlace): RedisConnection => {
  const access = { username, password, ...(isTls && { tls: {} }) }
  const redis = new SettledCluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    // Its state is looked at in `connect`, which would wait for ever.
    enableReadyCheck: false,
    clusterRetryStrategy: pauseMs,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // Certificates are for names, and one that is unknown leaves the others.
    dnsLookup: (host, callback) => callback(null, host),
    redisOptions: { ...connectionOptions, ...access },
  })
  let fault: Error | undefined
  redis.on('error', (error: Error) => (fault = faultOfCluster(error)))

  const refresh = (): Promise<void> =>
    new Promise((resolve, reject) =>
      redis.refreshSlotsCache((error) => (error ? reject((fault = faultOfCluster(error))) : resolve())),
    )

  const primaries = (): Primary[] => {
    const owners = new Set(redis.slots.flatMap((addresses) => addresses.slice(0, 1)))
    if (owners.size === 0) throw new Error('CLUSTERDOWN no hash slot has a primary')
    const tags = new Map<string, string>()
    for (let n = 0; tags.size < owners.size; n += 1) {
      const owner = redis.slots[slotOf(n)]?.[0]
      if (owner !== undefined && !tags.has(owner)) tags.set(owner, tagOf(n))
    }
    const connected = new Map(redis.nodes('master').map((node) => [addressOf(node), node]))
    return [...tags].map(([owner, tag]) => {
      const primary = connected.get(owner)
      if (!primary) throw unreached(owner)
      return { redis: primary, tag }
    })
  }

  const assertServing = async ({ redis: primary }: Primary): Promise<void> => {
    if (primary.status === 'wait')
      await primary.connect().catch((error: unknown) => {
        throw String(error).includes('Connection is closed') ? unreached(addressOf(primary)) : error
      })
    assertWhole(await primary.cluster('INFO'), String(await primary.cluster('NODES')))
  }

  let ears = 0
  return {
    redis,
    async connect() {
      if (redis.status === 'wait' || redis.status === 'end') await redis.connect()
      else if (redis.nodes().length > 0) await refresh()
      else throw fault ?? new Error('no node of the cluster can be reached')
      try {
        await Promise.all(primaries().map(assertServing))
        fault = undefined
      } catch (error) {
        fault = error as Error
        throw error
      }
    },
    primaries,
    openEar() {
      const known = redis.nodes().map(({ options: { host, port } }) => ({ host, port }))
      const places = known.length > 0 ? known : nodes
      ears += 1
      return new Redis({ ...earOptions, ...access, ...places[ears % places.length] })
    },
    fault: () => fault,
    close() {
      redis.disconnect()
      return Promise.resolve()
    },
  }
}
