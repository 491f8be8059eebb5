import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'

/** Longer nobody waits for Redis: a call is then answered from what the node knows itself (SPEC: degraded mode). */
const commandTimeoutMs = 25
const longestPauseMs = 500
/** More are not under way at once, so that the time-out measures Redis and not the queue in front of it. */
const mostCommands = 16

export interface Script {
  readonly text: string
  readonly sha: string
}
export const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** A connection that answers in time or says that it does not. */
export interface RedisClient {
  readonly redis: Redis
  /** Runs a script for a tenant; the prefix is its only key. A time-out is tried once more with the same arguments. */
  run(script: Script, prefix: string, args: readonly (string | number)[]): Promise<unknown>
  close(): Promise<void>
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.message === 'Command timed out'
const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

export const twice = async <T>(command: () => Promise<T>): Promise<T> => {
  try {
    return await command()
  } catch (error) {
    if (!isTimeout(error)) throw error
    return command()
  }
}

/** Lets so many through at a time; the others wait in the order they came. */
const createGate = (most: number) => {
  const waiting: (() => void)[] = []
  let inside = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (inside < most) inside += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else inside -= 1
    }
  }
}

export const connectRedis = (url: string, timeoutMs = commandTimeoutMs): RedisClient => {
  const redis = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    commandTimeout: timeoutMs,
    connectTimeout: 1000,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * times, longestPauseMs),
  })
  // Commands say so themselves; a connection that is down would say it with every try.
  redis.on('error', () => undefined)
  const gate = createGate(mostCommands)
  return {
    redis,
    run: (script, prefix, args) =>
      gate(() =>
        twice(async () => {
          try {
            return await redis.evalsha(script.sha, 1, prefix, ...args)
          } catch (error) {
            if (!isUnknownScript(error)) throw error
            return redis.eval(script.text, 1, prefix, ...args)
          }
        }),
      ),
    close() {
      redis.disconnect()
      return Promise.resolve()
    },
  }
}
