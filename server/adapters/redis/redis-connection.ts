import { Redis, type Cluster, type RedisOptions } from 'ioredis'
import { assertNoCluster } from './redis-faults.ts'

/** One that takes writes: the Redis itself, or each primary of a cluster that holds slots. */
export interface Primary {
  /** For what concerns it alone. */
  readonly redis: Redis
  /** Behind the name of a key without hash tag: the key then lies here. */
  readonly tag: string
}

/** The way to a Redis or to a Redis Cluster. No command waits for a connection. */
export interface RedisConnection {
  /** A cluster is asked by the slots of keys; a command whose keys lie in several of them fails. */
  readonly redis: Redis | Cluster
  /** Rejects when it cannot be reached or used, or when a cluster does not serve all its slots. */
  connect(): Promise<void>
  /** Throws when one of them is not connected. */
  primaries(): readonly Primary[]
  /** Not connected yet, and never again by itself: in a cluster the next one leads to another node. */
  openEar(): Redis
  /** Why there is no connection, as far as it is known. */
  fault(): Error | undefined
  close(): Promise<void>
}

/** What no call waits for may take longer. */
const longestCommandMs = 2000
const longestPauseMs = 500

export const pauseMs = (times: number): number => Math.min(50 * times, longestPauseMs)

export const connectionOptions = {
  protocol: 2,
  lazyConnect: true,
  commandTimeout: longestCommandMs,
  connectTimeout: 1000,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} as const satisfies RedisOptions

export const earOptions = {
  protocol: 2,
  lazyConnect: true,
  commandTimeout: longestCommandMs,
  connectTimeout: 1000,
  retryStrategy: () => null,
} as const satisfies RedisOptions

export const connectOneRedis = (url: string): RedisConnection => {
  const redis = new Redis(url, { ...connectionOptions, enableOfflineQueue: false, retryStrategy: pauseMs })
  let fault: Error | undefined
  let isElsewhere = false
  redis.on('connect', () => (isElsewhere = false))
  redis.on('error', (error: Error) => {
    fault = error
    isElsewhere = error.message.includes('DB index')
  })
  redis.on('ready', () => {
    // It would go on in database 0.
    if (isElsewhere) redis.disconnect(true)
    else fault = undefined
  })
  const itself: readonly Primary[] = [{ redis, tag: '' }]
  return {
    redis,
    async connect() {
      if (redis.status === 'wait' || redis.status === 'end') await redis.connect()
      assertNoCluster(await redis.info('server'))
    },
    primaries: () => itself,
    openEar: () => new Redis(url, earOptions),
    fault: () => fault,
    close() {
      redis.disconnect()
      return Promise.resolve()
    },
  }
}
