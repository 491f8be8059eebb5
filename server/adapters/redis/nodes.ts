import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../ports/system.ts'
import { siteKeys } from './keys.ts'
import type { Place } from './node-shares.ts'
import type { RedisClient } from './redis-client.ts'

const signEveryMs = 1000
const goneAfterMs = 5000
const pollMs = 5
/** Nodes that do not come are waited for no longer. */
const longestWaitMs = 1000

/** The control-plane processes that share one Redis. */
export interface Nodes {
  /** As far as was last heard. */
  place(): Place
  /**
   * Comes to a Redis that is there (again). Where it began anew, the first node clears what it may remember of a time before,
   * then each tells what it knows with `restore`, and all wait for each other a while, so that none takes slots that another
   * one holds. Rejects when Redis is not there.
   */
  meet(restore: () => Promise<void>, tell: () => Promise<void>): Promise<void>
  readonly longestMeetingMs: number
  leave(): Promise<void>
}

export const joinNodes = ({ redis }: RedisClient, nodeId: string, log: Log): Nodes => {
  let others: readonly string[] = []
  let timer: NodeJS.Timeout | undefined

  const sign = async (): Promise<void> => {
    const nowMs = Date.now()
    await redis.zadd(siteKeys.nodes, nowMs, nodeId)
    await redis.zremrangebyscore(siteKeys.nodes, '-inf', String(nowMs - goneAfterMs))
    others = (await redis.zrange(siteKeys.nodes, '0', '-1')).filter((id) => id !== nodeId)
  }
  const connect = async (): Promise<void> => {
    if (redis.status === 'wait' || redis.status === 'end') await redis.connect()
  }
  const runIdOf = async (): Promise<string> => /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? ''

  /** What a Redis restored from an old file says of calls and slots is older than what the store says. */
  const clear = async (): Promise<void> => {
    for (const match of [
      'tenant:{*}:*:leases',
      'tenant:{*}:session:*',
      'tenant:{*}:calls:live',
      'tenant:{*}:routing:*',
    ]) {
      for await (const names of redis.scanStream({ match, count: 500 }))
        if ((names as string[]).length > 0) await redis.unlink(...(names as string[]))
    }
  }

  const until = async (isTrue: () => Promise<boolean>): Promise<boolean> => {
    const giveUpMs = performance.now() + longestWaitMs
    while (!(await isTrue())) {
      if (performance.now() > giveUpMs) return false
      await sleep(pollMs)
    }
    return true
  }

  return {
    place: () => ({ index: [...others, nodeId].sort().indexOf(nodeId), count: others.length + 1 }),
    longestMeetingMs: 3 * longestWaitMs,
    async meet(restore, tell) {
      await connect()
      const expected = others
      const runId = await runIdOf()
      const begun = `${siteKeys.back(runId)}:begun`
      const back = siteKeys.back(runId)
      if (await redis.sismember(back, nodeId)) return tell()
      if (await redis.setnx(begun, nodeId)) {
        await clear()
        await redis.set(begun, 'cleared')
      } else if (!(await until(async () => (await redis.get(begun)) === 'cleared'))) {
        log.warn({ runId }, 'Another node was to clear Redis and did not; this one does')
        await clear()
        await redis.set(begun, 'cleared')
      }
      await restore()
      await tell()
      await redis.sadd(back, nodeId)
      await until(async () => {
        await tell()
        const there = new Set(await redis.smembers(back))
        return expected.every((id) => there.has(id))
      })
      await sign()
      timer ??= setInterval(() => void sign().catch(() => undefined), signEveryMs).unref()
    },
    async leave() {
      clearInterval(timer)
      await redis.zrem(siteKeys.nodes, nodeId).catch(() => undefined)
    },
  }
}
