import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { NodeRegister, NodeSign } from '../../ports/node-register.ts'
import type { Log } from '../../ports/system.ts'
import * as keys from './keys.ts'
import type { Place } from './node-shares.ts'
import { describeEviction } from './redis-faults.ts'
import type { RedisClient } from './redis-client.ts'
import type { Primary } from './redis-connection.ts'

const signEveryMs = 1000
const signAloneEveryMs = 250
const pollMs = 20
const lookEveryMs = 5000
/** Nodes that do not come are waited for no longer. */
const longestWaitMs = 1000
/** Who clears Redis says so anew in this time, or another node does it. */
const clearingMs = 2000
const runIdKeptSeconds = 7 * 24 * 3600

/** The control-plane processes that share one Redis and one durable store. */
export interface Nodes {
  /** Which one this is, as far as was last heard. */
  place(): Place
  /** Enters the register and stays in it. `onForgotten`: Redis lost what it was told, or cannot be asked. */
  enter(onForgotten: (error: unknown) => void): Promise<void>
  /** From now on this node routes by itself. */
  goAlone(): void
  /**
   * Comes to a Redis that is there (again). One that began anew is cleared by the first node of what it may remember of a time
   * before, and filled by each with `restore`. Then each tells with `tell` what it did alone, and waits a while for those that
   * still are, so that none takes slots that another one holds. Rejects when Redis is not there.
   */
  meet(restore: () => Promise<void>, tell: () => Promise<void>): Promise<void>
  readonly longestMeetingMs: number
  leave(): Promise<void>
}

/** A primary, and the key of the nodes that have told it what they know since it began. */
interface Book {
  readonly primary: Primary
  readonly back: string
}
/** Whether a Redis that began anew was cleared. */
const begunKey = (back: string): string => `${back}:begun`

const restored = /^tenant:\{[^}]*\}:(.*:leases|leases|session:.*|calls:live|routing:.*)$/

export const joinNodes = ({
  client,
  register,
  site,
  nodeId,
  log,
  onUnfit,
}: {
  readonly client: RedisClient
  readonly register: NodeRegister
  readonly site: string
  readonly nodeId: string
  readonly log: Log
  /** Told what of the settings of Redis is to be corrected though it can be used, and when it was (undefined). */
  readonly onUnfit: (problem: string | undefined) => void
}): Nodes => {
  const { redis } = client
  const siteKeys = keys.siteKeys(site)
  let others: readonly NodeSign[] = []
  let isAlone = true
  let timer: NodeJS.Timeout | undefined
  let isLeaving = false
  let looking: NodeJS.Timeout | undefined
  let unfit: string | undefined

  const sign = async (): Promise<void> => {
    others = await register.sign({ nodeId, isAlone })
  }
  /** One that has left does not come back to the register. */
  const signed = async (): Promise<void> =>
    isLeaving
      ? undefined
      : sign().catch((error: unknown) =>
          log.warn({ err: error }, 'This node could not tell the others that it is there'),
        )

  const judge = (problem: string | undefined): void => {
    if (problem === unfit) return
    unfit = problem
    if (problem !== undefined) log.warn({}, problem)
    onUnfit(problem)
  }
  const look = async (): Promise<void> => {
    const infos = await Promise.all(client.primaries().map((primary) => primary.redis.info('memory')))
    judge(infos.map(describeEviction).find((problem) => problem !== undefined))
  }

  /** What each primary keeps of the nodes it was told by. One that began anew or took the place of another is another Redis. */
  const findBooks = (): Promise<Book[]> =>
    Promise.all(
      client.primaries().map(async (primary) => {
        const runId = /run_id:(\w+)/.exec(await primary.redis.info('server'))?.[1] ?? ''
        return { primary, back: siteKeys.back(runId, primary.tag) }
      }),
    )

  /** A Redis that only answers is not there: one that is full or a replica takes nothing. */
  const beat = ({ back }: Book): Promise<unknown> => redis.set(`${back}:beat`, nodeId, 'EX', runIdKeptSeconds)
  const isIn = async ({ back }: Book): Promise<boolean> => (await redis.sismember(back, nodeId)) === 1

  /** Whether Redis is still the one that this node told what it knows. */
  const assertKnown = async (): Promise<void> => {
    if (isAlone) return
    const areKnown = await Promise.all(
      (await findBooks()).map(async (book) => {
        const [isKnown] = await Promise.all([
          isIn(book),
          beat(book),
          redis.expire(book.back, runIdKeptSeconds),
          redis.expire(begunKey(book.back), runIdKeptSeconds),
        ])
        return isKnown
      }),
    )
    if (areKnown.includes(false)) throw new Error('it has lost what it was told; was it emptied?')
  }

  /** What a Redis restored from an old file says of calls and slots is older than what the store says. */
  const clear = async (primary: Redis): Promise<void> => {
    const own = new Set(await redis.smembers(siteKeys.tenants))
    for await (const names of primary.scanStream({ match: 'tenant:{*', count: 1000 })) {
      const old = (names as string[]).filter((name) => restored.test(name) && own.has(keys.tenantOf(name)))
      // In a cluster they lie in several hash slots, and a command may name keys of but one.
      await Promise.all(old.map((name) => redis.unlink(name)))
    }
  }

  /** Clears a Redis that began anew, or waits for who does. */
  const cleared = async ({ primary, back }: Book): Promise<void> => {
    const begun = begunKey(back)
    for (;;) {
      if ((await redis.get(begun)) === 'cleared') return
      if (await redis.set(begun, nodeId, 'PX', clearingMs, 'NX')) {
        const renewal = setInterval(() => void redis.pexpire(begun, clearingMs).catch(() => undefined), clearingMs / 4)
        try {
          await clear(primary.redis)
        } finally {
          clearInterval(renewal)
        }
        await redis.set(begun, 'cleared', 'EX', runIdKeptSeconds)
        return
      }
      await sleep(pollMs)
    }
  }

  const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
    const giveUpMs = performance.now() + longestWaitMs
    while (!(await isTrue()) && performance.now() < giveUpMs) await sleep(pollMs)
  }

  return {
    place: () => {
      const all = [...others.map((other) => other.nodeId), nodeId].sort()
      return { index: all.indexOf(nodeId), count: all.length }
    },
    longestMeetingMs: 3 * longestWaitMs,
    async enter(onForgotten) {
      await sign()
      const again = (): void => {
        timer = setTimeout(
          () => void assertKnown().catch(onForgotten).then(signed).then(again),
          isAlone ? signAloneEveryMs : signEveryMs,
        ).unref()
        if (isLeaving) clearTimeout(timer)
      }
      again()
      looking = setInterval(() => void look().catch(() => undefined), lookEveryMs).unref()
    },
    goAlone() {
      if (isAlone) return
      isAlone = true
      void signed()
    },
    async meet(restore, tell) {
      await client.connect()
      await look()
      const books = await findBooks()
      await Promise.all(books.map(beat))
      const areIn = await Promise.all(books.map(isIn))
      const begun = books.filter((_, n) => !areIn[n])
      await Promise.all(begun.map(cleared))
      if (begun.length > 0) await restore()
      await tell()
      await Promise.all(books.flatMap(({ back }) => [redis.sadd(back, nodeId), redis.expire(back, runIdKeptSeconds)]))
      try {
        isAlone = false
        await until(async () => {
          await tell()
          await sign()
          return others.every((other) => !other.isAlone)
        })
      } catch (error) {
        isAlone = true
        throw error
      }
    },
    async leave() {
      isLeaving = true
      clearTimeout(timer)
      clearInterval(looking)
      await register.leave(nodeId).catch(() => undefined)
    },
  }
}
