import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { connectCluster } from './redis-cluster.ts'
import { connectOneRedis, type RedisConnection } from './redis-connection.ts'
import { parseRedisUrl } from './redis-url.ts'

/** Longer no call waits for Redis: it is then answered from what the node knows itself. */
const patienceMs = 25
/** More are not under way at once, so that patience is for Redis and not for the queue in front of it. */
const mostCommands = 16

export interface Script {
  readonly text: string
  readonly sha: string
}
export const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** A connection that answers in time or says that it does not. Its `redis` is for what no call waits for. */
export interface RedisClient extends RedisConnection {
  /** For what a call waits for. What is not answered in time is tried once more, so it must be harmless to repeat. */
  soon<T>(command: (redis: Redis | Cluster) => Promise<T>): Promise<T>
  /** Runs a script for a tenant; the prefix is its only key. */
  run(script: Script, prefix: string, args: readonly (string | number)[]): Promise<unknown>
  /** The same, for what no call waits for. */
  runCalmly(script: Script, prefix: string, args: readonly (string | number)[]): Promise<unknown>
}

class LateError extends Error {
  override readonly name = 'LateError'
}

const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** An answer that lies in the socket already, because this process was busy, is in time. */
const inTime = <T>(command: Promise<T>, ms: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new LateError(`no answer within ${ms} ms`))), ms)
    command.then(resolve, reject).finally(() => clearTimeout(timer))
  })

/** Lets so many through at a time; the others wait in the order they came. */
const createGate = (most: number) => {
  const waiting: { enter: () => void; turnAway: (error: unknown) => void }[] = []
  let inside = 0
  return {
    async pass<T>(work: () => Promise<T>): Promise<T> {
      if (inside < most) inside += 1
      else await new Promise<void>((enter, turnAway) => waiting.push({ enter, turnAway }))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next.enter()
        else inside -= 1
      }
    },
    /** Who waits has nothing to wait for. */
    turnAway(error: unknown): void {
      for (const one of waiting.splice(0)) one.turnAway(error)
    },
  }
}

export const connectRedis = (url: string, patience = patienceMs): RedisClient => {
  const place = parseRedisUrl(url)
  const connection = place.isCluster ? connectCluster(place) : connectOneRedis(place.url)
  const { redis } = connection
  const gate = createGate(mostCommands)
  const soon = <T>(command: (redis: Redis | Cluster) => Promise<T>): Promise<T> =>
    gate.pass(async () => {
      try {
        return await inTime(command(redis), patience)
      } catch (error) {
        if (!(error instanceof LateError)) throw error
      }
      try {
        return await inTime(command(redis), patience)
      } catch (error) {
        if (error instanceof LateError) gate.turnAway(error)
        throw error
      }
    })
  return {
    ...connection,
    soon,
    run: (script, prefix, args) =>
      soon(async () => {
        try {
          return await redis.evalsha(script.sha, 1, prefix, ...args)
        } catch (error) {
          if (!isUnknownScript(error)) throw error
          return redis.eval(script.text, 1, prefix, ...args)
        }
      }),
    runCalmly: (script, prefix, args) => redis.eval(script.text, 1, prefix, ...args),
  }
}
