import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openNodeChannel, type NodeChannel, type NodeMessage } from '../../../server/adapters/redis/node-channel.ts'
import { connectRedis, type RedisClient } from '../../../server/adapters/redis/redis-client.ts'
import { aCable } from '../../support/cable.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

let redis: TestRedis
let opened: { client: RedisClient; channel: NodeChannel }[]
let heard: NodeMessage[]
let gaps: string[]
let warnings: string[]
const log = { info: () => undefined, warn: (_: object, text: string) => warnings.push(text), error: () => undefined }

const join = async (nodeId: string, url = redis.url, site = 'site-1'): Promise<NodeChannel> => {
  const client = connectRedis(url)
  await client.connect().catch(() => undefined)
  const channel = await openNodeChannel({
    client,
    site,
    nodeId,
    onMessage: (message) => heard.push(message),
    onGap: () => gaps.push(nodeId),
    log,
  })
  opened.push({ client, channel })
  return channel
}

beforeEach(async () => {
  redis = await startRedis()
  opened = []
  heard = []
  gaps = []
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
    nonsense.push(
      '{"site":"site-1","from":"x","message":{"name":"tenant.changed"}}',
      '{"site":"site-1","from":1,"message":{"name":"tenant.changed","payload":{}}}',
    )
    for (const text of nonsense) {
      await stranger.publish('switchyard:site-1:events', text)
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

  it('is heard also by a node whose first tries to reach Redis failed', async () => {
    const url = redis.url.replace('//', '//late:secret@')
    const first = await join('first', url)
    await join('second', url)
    const admin = new Redis(redis.url)
    await admin.acl('SETUSER', 'late', 'on', '>secret', '~*', '&*', '+@all')
    admin.disconnect()
    await vi.waitFor(
      () => {
        first.publish('t1', changed)
        first.publish(undefined, changed)
        expect(heard.length).toBeGreaterThan(1)
      },
      { timeout: 3000, interval: 100 },
    )
  })

  it('is heard again after Redis was away', async () => {
    const [first] = [await join('first'), await join('second')]
    await redis.kill()
    await redis.start()
    await vi.waitFor(
      () => {
        first.publish('t1', changed)
        expect(heard.length).toBeGreaterThan(0)
      },
      { timeout: 3000, interval: 100 },
    )
  })

  it('is a gap for the others when it could not be told while they went on listening', async () => {
    const cable = await aCable(redis.url)
    const [first] = [await join('first', cable.url), await join('second')]
    expect(gaps).toEqual(['first', 'second'])
    cable.cut()
    await sleep(50)
    first.publish('t1', changed)
    first.publish(undefined, changed)
    await sleep(1500)
    expect([heard, gaps]).toEqual([[], ['first', 'second']])
    cable.mend()
    await vi.waitFor(() => expect(gaps.filter((nodeId) => nodeId === 'second')).toHaveLength(2), 5000)
    await sleep(1500)
    expect(gaps.filter((nodeId) => nodeId === 'second')).toHaveLength(2)
    first.publish('t1', changed)
    await vi.waitFor(() => expect(heard).toEqual([changed]))
    await cable.dispose()
  })

  it('is a gap when what was told before does not stand any more', async () => {
    const [first] = [await join('first'), await join('second')]
    first.tellGap()
    await vi.waitFor(() => expect(gaps).toEqual(['first', 'second', 'second']))
    expect(warnings).toEqual([])
  })

  it('is heard again by a node whose connection died without a word', async () => {
    const cable = await aCable(redis.url)
    const [first] = [await join('first'), await join('second', cable.url)]
    cable.stall()
    first.publish('t1', changed)
    await vi.waitFor(() => expect(gaps).toEqual(['first', 'second', 'second']), 10_000)
    expect(heard).toEqual([])
    first.publish('t1', changed)
    await vi.waitFor(() => expect(heard).toEqual([changed]))
    await cable.dispose()
  }, 15_000)

  it('is none of the business of another installation', async () => {
    await join('stranger', `${redis.url}/1`, 'site-2')
    const [first] = [await join('first'), await join('second')]
    first.publish('t1', changed)
    first.publish(undefined, changed)
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    await sleep(100)
    expect(heard).toHaveLength(2)
    expect(warnings).toEqual([])
  })

  it('may be missed by a node whose user may not listen, which says so', async () => {
    const admin = new Redis(redis.url)
    await admin.acl('SETUSER', 'deaf', 'on', '>secret', '~*', '+@all', 'resetchannels')
    admin.disconnect()
    await join('deaf', redis.url.replace('//', '//deaf:secret@'))
    expect(warnings).toEqual(['What other nodes tell cannot be heard; it is tried again'])
  })
})
