import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import type { RuntimeState } from '../../server/ports/runtime-state.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { sharedState } from '../support/shared-state.ts'
import { runtimeStateContract } from './runtime-state.suite.ts'

const pool: TestRedis[] = []
afterAll(async () => {
  for (const redis of pool) await redis.dispose()
})

runtimeStateContract('Redis', async () => {
  // Harnesses of one test are places of their own, so each gets its own Redis; afterwards it is empty for the next test.
  const redis = pool.pop() ?? (await startRedis())
  const opened: RuntimeState[] = []
  return {
    async open(inFlight = []) {
      const state = await sharedState(redis.url, () => inFlight, {}, 2000)
      opened.push(state)
      return state
    },
    crash: async () => {
      await opened.pop()?.close()
    },
    async dispose() {
      for (const state of opened) await state.close()
      const client = new Redis(redis.url)
      await client.flushall()
      client.disconnect()
      pool.push(redis)
    },
  }
})
