import { afterAll } from 'vitest'
import type { RuntimeState } from '../../server/ports/runtime-state.ts'
import { askRedis, startRedis, startRedisCluster } from '../support/redis.ts'
import { sharedState } from '../support/shared-state.ts'
import { runtimeStateContract } from './runtime-state.suite.ts'

interface Shared {
  readonly url: string
  empty(): Promise<unknown>
  dispose(): Promise<void>
}

const startOne = async (): Promise<Shared> => {
  const redis = await startRedis()
  return { ...redis, empty: () => askRedis(redis.url, 'FLUSHALL') }
}
const startCluster = async (): Promise<Shared> => {
  const cluster = await startRedisCluster()
  return { ...cluster, empty: () => cluster.each('FLUSHALL') }
}

const agree = (name: string, start: () => Promise<Shared>): void => {
  const pool: Shared[] = []
  afterAll(async () => {
    for (const shared of pool) await shared.dispose()
  })
  runtimeStateContract(name, async () => {
    // Harnesses of one test are places of their own, so each gets its own Redis; afterwards it is empty for the next test.
    const shared = pool.pop() ?? (await start())
    const opened: RuntimeState[] = []
    return {
      async open(inFlight = []) {
        const state = await sharedState(shared.url, () => inFlight, {}, 2000)
        opened.push(state)
        return state
      },
      crash: async () => {
        await opened.pop()?.close()
      },
      async dispose() {
        for (const state of opened) await state.close()
        await shared.empty()
        pool.push(shared)
      },
    }
  })
}

agree('Redis', startOne)
agree('Redis Cluster', startCluster)
