import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { membersOf } from '../../support/builders.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

const nowMs = 1_767_268_800_000
let redis: TestRedis
let admin: Redis
let state: RuntimeState
let told: string[]

beforeEach(async () => {
  redis = await startRedis()
  admin = new Redis(redis.url)
  told = []
  const tell = { onLost: (reason: string) => told.push(reason), onBack: () => told.push('back') }
  state = await sharedState(redis.url, () => [], tell)
})
afterEach(async () => {
  await state.close()
  admin.disconnect()
  await redis.dispose()
})

const select = (n: number) =>
  state.select({
    tenantId: 'tenant-1',
    members: membersOf([1]),
    isFirstChoice: true,
    leaseKey: `call ${n}\n1`,
    leaseMs: 3_600_000,
    trialMs: 30_000,
    providerLimits: {},
    chance: 0,
    nowMs,
  })
const last = (wanted: RegExp) => vi.waitFor(() => expect(told.at(-1)).toMatch(wanted), { timeout: 5000 })

describe.each([
  [
    'is full',
    /OOM.*: give it more maxmemory/,
    async () => {
      await admin.set('much', 'x'.repeat(1024 * 1024))
      await admin.config('SET', 'maxmemory', '1mb')
    },
    () => admin.config('SET', 'maxmemory', '0'),
  ],
  [
    'is a replica',
    /READONLY.*: it is a replica/,
    () => admin.replicaof('127.0.0.1', 1),
    () => admin.replicaof('NO', 'ONE'),
  ],
])('a Redis that %s', (_, reason, spoil, mend) => {
  it('is away until it takes something again, however many calls come', async () => {
    await spoil()
    for (let n = 0; n < 60; n += 1) {
      expect((await select(n)).agentId).toBe('agent-1')
      await sleep(20)
    }
    expect(told).toEqual(['back', expect.stringMatching(reason)])
    await mend()
    await last(/^back$/)
    expect((await select(100)).agentId).toBe('agent-1')
    expect(told).toHaveLength(3)
  })

  it('is found out also while no call comes', async () => {
    await spoil()
    await last(reason)
    await mend()
    await last(/^back$/)
  })
})

it('a Redis that is lost is away for a moment at least', async () => {
  await admin.call('CLIENT', 'PAUSE', '60', 'WRITE')
  await select(1)
  const lostAt = performance.now()
  expect(told).toHaveLength(2)
  await last(/^back$/)
  expect(performance.now() - lostAt).toBeGreaterThan(80)
})
