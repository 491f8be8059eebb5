import { afterAll, describe } from 'vitest'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { capsHold } from './caps.suite.ts'

let redis: TestRedis | undefined
afterAll(() => redis?.dispose())

describe('a cap, counted in Redis', () =>
  capsHold(async () => {
    redis = await startRedis()
    return { redisUrl: redis.url }
  }))
