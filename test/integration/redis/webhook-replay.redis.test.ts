import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WebhookEvent } from '../../../shared/contract/webhook-events.ts'
import type { WebhookReplay } from '../../../shared/contract/webhook-inspector.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { actionOf, createSite, dialResult, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let redis: TestRedis
let test: TestServer
let site: Site
beforeAll(async () => {
  redis = await startRedis()
  test = await startTestServer({ redisUrl: redis.url })
  site = await createSite(test)
})
afterAll(async () => {
  await test.close()
  await redis.dispose()
})

/** All that Redis holds of tenants. */
const dump = async (): Promise<Record<string, string>> => {
  const client = new Redis(redis.url)
  try {
    const keys = (await client.keys('*tenant:{*')).sort()
    const held = await Promise.all(keys.map(async (key) => [key, await client.dump(key)] as const))
    return Object.fromEntries(held)
  } finally {
    client.disconnect()
  }
}

it('a dry replay changes nothing in Redis', async () => {
  const token = newToken()
  const { text } = await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.round_robin))
  await test.webhook(`${site.base}/session`, { token, status: 'answer', eventId: '1' })
  await test.webhook(actionOf(text), dialResult(token, 'busy', numberOf.round_robin))
  await test.webhook(`${site.base}/session`, { token, status: 'answer', eventId: '2' })
  const { items } = (await test.api<{ items: WebhookEvent[] }>('GET', `${site.path}/webhook-events?token=${token}`))
    .body
  expect(items).toHaveLength(4)
  const before = await dump()
  expect(Object.keys(before).length).toBeGreaterThan(3)
  for (let n = 0; n < 20; n += 1) {
    for (const { id, outcome } of items) {
      const { body } = await test.api<WebhookReplay>('POST', `${site.path}/webhook-events/${id}/replay`, {
        mode: 'dry',
      })
      expect(body.outcome).toBe(outcome)
    }
  }
  expect(await dump()).toEqual(before)
})
