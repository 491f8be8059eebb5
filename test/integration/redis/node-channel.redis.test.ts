import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openNodeChannel, type NodeChannel, type NodeMessage } from '../../../server/adapters/redis/node-channel.ts'
import { connectRedis, type RedisClient } from '../../../server/adapters/redis/redis-client.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

let redis: TestRedis
let opened: { client: RedisClient; channel: NodeChannel }[]
let heard: NodeMessage[]
let warnings: string[]
const log = { info: () => undefined, warn: (_: object, text: string) => warnings.push(text), error: () => undefined }

const join = async (nodeId: string, url = redis.url): Promise<NodeChannel> => {
  const client = connectRedis(url)
  await client.redis.connect().catch(() => undefined)
  const channel = await openNodeChannel(
    client,
    url,
    nodeId,
    (message) => heard.push(message),
    () => undefined,
    log,
  )
  opened.push({ client, channel })
  return channel
}

beforeEach(async () => {
  redis = await startRedis()
  opened = []
  heard = []
  warnings = []
})
afterEach(async () => {
  for (const { client, channel } of opened) {
    await channel.close()
    await client.close()
  }
  await redis.dispose()
})

const changed = { name: 'rule.changed', payload: { tenantId: 't1' } }

describe('what nodes tell each other', () => {
  it('is heard by the others, whatever else was published there', async () => {
    const [first] = [await join('first'), await join('second')]
    const stranger = new Redis(redis.url)
    const nonsense = ['', 'null', '7', '{', '{}', '{"from":"x"}', '{"from":"x","message":null}']
    nonsense.push('{"from":"x","message":{"name":"tenant.changed"}}', '{"from":1,"message":{"name":"a","payload":{}}}')
    for (const text of nonsense) {
      await stranger.publish('switchyard:events', text)
      await stranger.publish('tenant:{t1}:events', text)
    }
    stranger.disconnect()
    first.publish('t1', changed)
    first.publish(undefined, { name: 'provider.changed', payload: { id: 'p1' } })
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    expect(heard).toEqual([changed, { name: 'provider.changed', payload: { id: 'p1' } }])
    // Two nodes, two channels.
    expect(warnings).toHaveLength(4 * nonsense.length)
  })
})
