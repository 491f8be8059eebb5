import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openNodeChannel } from '../../../server/adapters/redis/node-channel.ts'
import { connectRedis } from '../../../server/adapters/redis/redis-client.ts'
import { describeRedisFault } from '../../../server/adapters/redis/redis-faults.ts'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { aCall, aGroup, anAttempt, membersOf } from '../../support/builders.ts'
import {
  askRedis,
  clusterSettings,
  startRedis,
  startRedisCluster,
  type TestRedis,
  type TestRedisCluster,
} from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

const nowMs = 1_767_268_800_000
const leaseMs = 3_600_000
const cap = 5
const nodeCount = 2
/** Enough to lie on all primaries. */
const tenants = Array.from({ length: 9 }, (_, n) => `tenant-${n}`)
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

let cluster: TestRedisCluster
let nodes: { state: RuntimeState; told: string[] }[]
let calls: Map<string, Call>
let site = 0

beforeAll(async () => {
  cluster = await startRedisCluster()
})
afterAll(() => cluster.dispose())
beforeEach(async () => {
  for (const primary of cluster.primaries) if (primary.pid() === undefined) await primary.start()
  await cluster.isWhole()
  await cluster.each('FLUSHALL')
  nodes = []
  calls = new Map()
  site += 1
})
afterEach(async () => {
  for (const { state } of nodes) await state.close()
})

const join = async (): Promise<void> => {
  const told: string[] = []
  const said = { onLost: (reason: string) => told.push(reason), onBack: () => told.push('back'), site: `site-${site}` }
  nodes.push({ state: await sharedState(cluster.url, () => [...calls.values()], said), told })
}
const joinAll = async (): Promise<void> => {
  for (let n = 0; n < nodeCount; n += 1) await join()
}
const tell = (wanted: RegExp) =>
  vi.waitFor(() => nodes.forEach(({ told }) => expect(told.at(-1)).toMatch(wanted)), { timeout: 15_000 })

const call = (n: number, tenantId: string, token: string): Promise<boolean> => {
  const { state } = nodes[n % nodeCount]!
  return state.exclusively(tenantId, token, async () => {
    const { agentId } = await state.select({
      tenantId,
      group: aGroup({ id: 'group-1', strategy: 'round_robin' }),
      members: membersOf([1], { maxConcurrentCalls: cap }),
      isFirstChoice: true,
      leaseKey: `${token}\n1`,
      leaseMs,
      trialMs: 30_000,
      providerLimits: {},
      chance: 0,
      nowMs,
    })
    if (agentId === undefined) return false
    const attempts = [anAttempt({ n: 1, agentId, provider: 'vapi', leaseUntilMs: nowMs + leaseMs })]
    const placed = aCall({ id: token, tenantId, token, state: 'connecting', attempts })
    await state.saveCall(placed)
    calls.set(token, placed)
    return true
  })
}
/** So many calls for each tenant, at all nodes. Answers how many found an agent, by tenant. */
const callAll = (name: string, count: number): Promise<number[]> =>
  Promise.all(
    tenants.map(async (tenantId) => {
      const asked = Array.from({ length: count }, (_, n) => call(n, tenantId, `${tenantId} ${name} ${n}`))
      return (await Promise.all(asked)).filter(Boolean).length
    }),
  )
const placed = () => tenants.map((tenantId) => [...calls.values()].filter((call) => call.tenantId === tenantId).length)
const active = (n: number) =>
  Promise.all(
    tenants.map(async (id) => (await nodes[n]!.state.activeCalls(id, ['agent-1'], nowMs)).get('agent-1') ?? 0),
  )
const keysOf = async (pattern: string) => (await cluster.each('KEYS', pattern)) as string[][]
const slotOf = (tenantId: string) =>
  askRedis(cluster.primaries[0]!.url, 'CLUSTER', 'KEYSLOT', `tenant:{${tenantId}}:`).then(String)
/** The primary of a tenant. */
const primaryOf = async (tenantId: string): Promise<TestRedis> => {
  const counts = await keysOf(`tenant:{${tenantId}}:*`)
  return cluster.primaries[counts.findIndex((names) => names.length > 0)]!
}

describe('what SWITCHYARD_REDIS_URL says of a Redis', () => {
  const reasonOf = async (url: string): Promise<string> => {
    const client = connectRedis(url)
    const error: unknown = await client.connect().catch((error: unknown) => error)
    const reason = describeRedisFault(client.fault() ?? error)
    await client.close()
    return reason
  }
  const asCluster = (url: string, user = '') => url.replace('redis://', `redis+cluster://${user}`)

  it('is corrected where it is a cluster', async () => {
    expect(await reasonOf(cluster.primaries[1]!.url)).toMatch(
      /^Redis cannot be used: it runs as a cluster: .* as redis\+cluster:\/\/host1:port1,host2/,
    )
  })

  it('is corrected where it is none, or nobody is there', async () => {
    const redis = await startRedis()
    expect(await reasonOf(asCluster(redis.url))).toMatch(
      /^Redis cannot be used: it runs as one Redis and no cluster: write it as redis:\/\/…/,
    )
    await redis.dispose()
    expect(await reasonOf(asCluster(redis.url))).toMatch(
      /none of the nodes in SWITCHYARD_REDIS_URL can be reached: see whether host, port and TLS/,
    )
  })

  it('is corrected where slots have no primary, or the password is wrong', async () => {
    const redis = await startRedis(['--cluster-enabled', 'yes', '--requirepass', 'right'])
    onTestFinished(redis.dispose)
    expect(await reasonOf(asCluster(redis.url, ':right@'))).toMatch(
      /CLUSTERDOWN.*: see which of its hash slots have no/,
    )
    expect(await reasonOf(asCluster(redis.url, ':wrong@'))).toMatch(/WRONGPASS.*: correct user and password in/)
  })
})

describe('nodes on a Redis Cluster', { timeout: 30_000 }, () => {
  it('share each cap, wherever a tenant lies', async () => {
    await joinAll()
    expect(await callAll('at once', 20)).toEqual(tenants.map(() => cap))
    for (const n of [0, 1]) {
      expect(await active(n)).toEqual(tenants.map(() => cap))
      expect(await nodes[n]!.state.liveCallCount()).toBe(cap * tenants.length)
    }
    expect((await keysOf('tenant:*')).every((names) => names.length > 0)).toBe(true)
    expect(nodes.map(({ told }) => told)).toEqual([['back'], ['back']])
  })

  it('forget a tenant, whose keys are gone everywhere', async () => {
    await joinAll()
    await callAll('before', 1)
    for (const tenantId of tenants) {
      expect((await keysOf(`tenant:{${tenantId}}:*`)).flat().length).toBeGreaterThan(0)
      await nodes[0]!.state.forgetTenant(tenantId)
      expect((await keysOf(`tenant:{${tenantId}}:*`)).flat()).toEqual([])
    }
    expect(await nodes[1]!.state.liveCallCount()).toBe(0)
  })

  it('answer every call while a primary is away, and count none twice when it is back', async () => {
    await joinAll()
    // Until both have heard of each other.
    await sleep(1100)
    await callAll('before', 3)
    await cluster.primaries[1]!.kill()
    const during = await callAll('during', 10)
    await tell(/^Redis (does not answer|cannot be used)/)
    // Two are free: one for each of two.
    for (const count of during) expect(count).toBeLessThanOrEqual(2 + nodeCount - 1)
    await cluster.primaries[1]!.start()
    await tell(/^back$/)
    expect(await active(0)).toEqual(placed())
    await callAll('after', 10)
    for (const count of placed()) {
      expect(count).toBeGreaterThanOrEqual(cap)
      expect(count).toBeLessThanOrEqual(cap + nodeCount - 1)
    }
    expect(await active(1)).toEqual(placed())
  })

  it('notice that one primary was emptied, fill it again, and leave the others what they have', async () => {
    await joinAll()
    await callAll('before', 3)
    const emptied = await primaryOf(tenants[0]!)
    const elsewhere = (await Promise.all(tenants.map(primaryOf))).findIndex((primary) => primary !== emptied)
    const turns = () => nodes[0]!.state.groupState(tenants[elsewhere]!, 'group-1', leaseMs, nowMs)
    const before = await turns()
    expect(before.firstChoices.get('agent-1')).toBe(3)
    await askRedis(emptied.url, 'FLUSHALL')
    await vi.waitFor(() => nodes.forEach(({ told }) => expect(told).toHaveLength(3)), { timeout: 5000 })
    expect(nodes.map(({ told }) => told)).toEqual(
      nodes.map(() => ['back', expect.stringMatching(/lost what it was told/) as string, 'back']),
    )
    expect(await active(0)).toEqual(tenants.map(() => 3))
    expect(await turns()).toEqual(before)
  })

  it('go by themselves while a primary takes nothing, also while no call comes to it', async () => {
    await joinAll()
    const { url } = cluster.primaries[2]!
    // Less than it has in use already.
    await askRedis(url, 'CONFIG', 'SET', 'maxmemory', '1mb')
    await tell(/OOM.*: give it more maxmemory/)
    await askRedis(url, 'CONFIG', 'SET', 'maxmemory', '0')
    await tell(/^back$/)
  })

  it('make no call wait for the others once a primary hangs', async () => {
    await joinAll()
    const pid = cluster.primaries[0]!.pid()!
    process.kill(pid, 'SIGSTOP')
    const startedAt = performance.now()
    const asked = tenants.flatMap((tenantId) =>
      Array.from({ length: 40 }, (_, n) => nodes[0]!.state.loadCall(tenantId, `token-${n}`)),
    )
    await Promise.all(asked)
    const tookMs = performance.now() - startedAt
    process.kill(pid, 'SIGCONT')
    expect(nodes[0]!.told.at(-1)).toMatch(/no answer within 25 ms/)
    // Queued one behind the other those of a third would take 120 / 16 × 50 ms.
    expect(tookMs).toBeLessThan(300)
    await tell(/^back$/)
  })

  it('ask no primary for a tenant that is on its way to it', async () => {
    await joinAll()
    const [tenantId] = tenants as [string]
    await call(0, tenantId, 'before')
    const from = await primaryOf(tenantId)
    const to = cluster.primaries.find((primary) => primary !== from)!
    const [slot, fromId, toId] = [
      await slotOf(tenantId),
      String(await askRedis(from.url, 'CLUSTER', 'MYID')),
      String(await askRedis(to.url, 'CLUSTER', 'MYID')),
    ]
    await askRedis(to.url, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
    await askRedis(from.url, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
    for (const n of [0, 1]) expect(await call(n, tenantId, `during ${n}`)).toBe(true)
    await tell(/hash slots of the cluster move: wait until/)
    expect(await askRedis(to.url, 'KEYS', 'tenant:*')).toEqual([])
    for (const { url } of [from, to]) await askRedis(url, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
    await tell(/^back$/)
    expect((await active(0))[0]).toBe(3)
  })

  it('hear each other, also when the node at which one listened is gone', async () => {
    const heard: object[] = []
    const gaps: string[] = []
    const open = async (nodeId: string) => {
      const client = connectRedis(cluster.url)
      await client.connect()
      const channel = await openNodeChannel({
        client,
        site: 'site',
        nodeId,
        onMessage: (one) => heard.push(one),
        onGap: () => gaps.push(nodeId),
        log: quiet,
      })
      const close = () => channel.close().then(() => client.close())
      return { channel, close }
    }
    const [teller, listener] = [await open('teller'), await open('listener')]
    const changed = (tenantId: string) => ({ name: 'rule.changed', payload: { tenantId } })
    for (const tenantId of tenants) teller.channel.publish(tenantId, changed(tenantId))
    teller.channel.publish(undefined, changed('none'))
    await vi.waitFor(() => expect(heard).toHaveLength(tenants.length + 1))
    expect(new Set(heard)).toEqual(new Set([...tenants, 'none'].map(changed)))
    expect(gaps).toEqual(['teller', 'listener'])
    const ears = (await cluster.each('CLIENT', 'LIST', 'TYPE', 'PUBSUB')) as string[]
    const counts = ears.map((list) => list.split('\n').filter((line) => line !== '').length)
    // Where both listen, or one of them.
    const place = counts.findIndex((count) => count > 0)
    await cluster.primaries[place]!.kill()
    await vi.waitFor(() => expect(gaps).toHaveLength(2 + counts[place]!), { timeout: 5000 })
    heard.length = 0
    await vi.waitFor(
      () => {
        teller.channel.publish(tenants[0], changed(tenants[0]!))
        expect(heard.length).toBeGreaterThan(0)
      },
      { timeout: 5000, interval: 100 },
    )
    for (const { close } of [teller, listener]) await close()
  })

  // The last one, for the cluster is none any more.
  it('tell a replica that took the place of its primary what it may have missed', async () => {
    await joinAll()
    await callAll('before', 3)
    const [first] = cluster.primaries as [TestRedis]
    const replica = await startRedis(clusterSettings)
    onTestFinished(replica.dispose)
    await askRedis(replica.url, 'CLUSTER', 'MEET', '127.0.0.1', new URL(first.url).port)
    const firstId = String(await askRedis(first.url, 'CLUSTER', 'MYID'))
    await vi.waitFor(() => askRedis(replica.url, 'CLUSTER', 'REPLICATE', firstId), { timeout: 5000 })
    // Those who choose it know it, and it has what its primary has.
    await vi.waitFor(
      async () => {
        for (const list of await cluster.each('CLUSTER', 'REPLICAS', firstId))
          expect(String(list)).toContain('connected')
        expect(await askRedis(replica.url, 'INFO', 'replication')).toContain('master_link_status:up')
      },
      { timeout: 10_000, interval: 100 },
    )
    await first.kill()
    await tell(/^Redis (does not answer|cannot be used)/)
    await tell(/^back$/)
    expect(String(await askRedis(replica.url, 'ROLE'))).toMatch(/^master/)
    expect(await active(0)).toEqual(tenants.map(() => 3))
    expect((await askRedis(replica.url, 'KEYS', 'switchyard:*:back:*')) as string[]).not.toEqual([])
  })
})
