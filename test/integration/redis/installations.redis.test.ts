import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { aCall, anAttempt, membersOf } from '../../support/builders.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

const nowMs = 1_767_268_800_000
let redis: TestRedis
let client: Redis
let states: RuntimeState[]

beforeEach(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  states = []
})
afterEach(async () => {
  for (const state of states) await state.close()
  client.disconnect()
  await redis.dispose()
})

const join = async (site: string) => {
  const state = await sharedState(redis.url, () => [], { site })
  states.push(state)
  return state
}
const place = async (state: RuntimeState, tenantId: string): Promise<Call> => {
  const call = aCall({
    tenantId,
    token: `call of ${tenantId}`,
    state: 'connecting',
    attempts: [anAttempt({ n: 1, agentId: 'agent-1', provider: 'vapi', leaseUntilMs: nowMs + 1000 })],
  })
  await state.exclusively(tenantId, call.token, async () => {
    const leaseKey = `${call.token}\n1`
    await state.select({
      tenantId,
      members: membersOf([1]),
      isFirstChoice: true,
      leaseKey,
      leaseMs: 1000,
      trialMs: 1000,
      providerLimits: {},
      chance: 0,
      nowMs,
    })
    await state.saveCall(call)
  })
  return call
}

describe('two installations on one Redis', () => {
  it('leave each other their calls', async () => {
    const first = await join('site-1')
    const call = await place(first, 'tenant-1')
    // The other one finds a Redis that it does not know.
    const second = await join('site-2')
    expect(await first.loadCall('tenant-1', call.token)).toEqual(call)
    expect(await first.activeCalls('tenant-1', ['agent-1'], nowMs)).toEqual(new Map([['agent-1', 1]]))
    expect([await first.liveCallCount(), await second.liveCallCount()]).toEqual([1, 0])
    expect(await second.overdueCalls(call.deadlineMs + 1)).toEqual([])
    await place(second, 'tenant-2')
    expect([await first.liveCallCount(), await second.liveCallCount()]).toEqual([1, 1])
  })

  it('count each its own nodes, and Redis forgets in some days which ones it has met', async () => {
    for (const site of ['site-1', 'site-2', 'site-2']) await join(site)
    const met = await client.keys('switchyard:site-?:back:*')
    expect(met).toHaveLength(6)
    const counts = await Promise.all(met.map((key) => client.scard(key).catch(() => undefined)))
    expect(counts.filter((count) => count !== undefined).toSorted()).toEqual([1, 2])
    for (const key of met) expect(await client.ttl(key)).toBeGreaterThan(24 * 3600)
    // As long as a node lives that is put off.
    for (const key of met) await client.expire(key, 60)
    await vi.waitFor(
      async () => {
        for (const key of met) expect(await client.ttl(key)).toBeGreaterThan(60)
      },
      { timeout: 3000 },
    )
  })

  it('and a Redis restored from an old file loses what it says of own calls alone', async () => {
    const first = await join('site-1')
    await place(first, 'tenant-1')
    const second = await join('site-2')
    const call = await place(second, 'tenant-2')
    await client.del(...(await client.keys('switchyard:site-1:back:*')))
    await join('site-1')
    expect(await client.keys('tenant:*:leases')).toEqual(
      expect.arrayContaining(['tenant:{tenant-2}:agent:agent-1:leases']),
    )
    expect(await client.keys('tenant:{tenant-1}:session:*')).toEqual([])
    expect(await second.loadCall('tenant-2', call.token)).toEqual(call)
  })
})
