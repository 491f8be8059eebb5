import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { aCall, aGroup, anAttempt, membersOf } from '../../support/builders.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

const tenantId = 'tenant-1'
const nowMs = 1_767_268_800_000
const leaseMs = 3_600_000
/** The scripts of Redis read no JSON with half a character in it. */
const half = '\ud83d'

let redis: TestRedis
let state: RuntimeState
let told: string[]
let errors: string[]
const log = { info: () => undefined, warn: () => undefined, error: (_: object, text: string) => errors.push(text) }
let calls: Call[]

beforeEach(async () => {
  redis = await startRedis()
  told = []
  errors = []
  calls = []
  // As many reasons as there may be.
  const tell = { onLost: () => told.at(-1) === 'lost' || told.push('lost'), onBack: () => told.push('back') }
  state = await sharedState(redis.url, () => calls, { ...tell, log })
})
afterEach(async () => {
  await state.close()
  await redis.dispose()
})

const select = (leaseKey: string, caller: string) =>
  state.select({
    tenantId,
    group: aGroup({ id: 'group-1' }),
    sticky: { caller, ms: 60_000 },
    members: membersOf([1]),
    isFirstChoice: true,
    leaseKey,
    leaseMs,
    trialMs: 30_000,
    providerLimits: {},
    chance: 0,
    nowMs,
  })
const held = async () => (await state.activeCalls(tenantId, ['agent-1'], nowMs)).get('agent-1')
const place = (token: string, caller: string): Promise<Call> =>
  state.exclusively(tenantId, token, async () => {
    await select(`${token}\n1`, '+12025550123')
    const attempt = anAttempt({ n: 1, agentId: 'agent-1', provider: 'vapi', leaseUntilMs: nowMs + leaseMs })
    const call = aCall({ token, from: caller, state: 'connecting', attempts: [attempt] })
    await state.saveCall(call)
    return call
  })

describe('what Redis refuses', () => {
  it('fails whoever asked, and no node', async () => {
    await expect(select('a\n1', half)).rejects.toThrow('script')
    await expect(place(half, '+12025550123')).rejects.toThrow('script')
    expect((await select('b\n1', '+12025550123')).agentId).toBe('agent-1')
    // Nor is the token locked.
    await state.exclusively(tenantId, half, () => Promise.resolve())
    expect(told).toEqual(['back'])
  })

  it('keeps no other slot from being given back', async () => {
    await place('live', half)
    await select('orphan\n1', '+12025550123')
    expect(await held()).toBe(2)
    // Of agent and provider.
    expect(await state.freeOrphans()).toBe(2)
    expect(await held()).toBe(1)
    expect(new Set(errors)).toEqual(new Set(['Redis does not say whether a call holds a slot; it stays taken']))
  })

  it('keeps no node from coming back', async () => {
    calls = [await place('before', half), aCall({ token: `${half} of the store`, state: 'connecting' })]
    await redis.kill()
    await place(half, '+12025550123')
    const during = await place('during', '+12025550123')
    expect(told).toEqual(['back', 'lost'])
    await redis.start()
    await vi.waitFor(() => expect(told).toEqual(['back', 'lost', 'back']), { timeout: 5000 })
    expect(await state.loadCall(tenantId, 'before')).toEqual(calls[0])
    expect(await state.loadCall(tenantId, during.token)).toEqual(during)
    expect(errors).toEqual(Array(2).fill('Redis refuses a call; it goes on without it'))
  })
})

describe('a script that may not run at all', () => {
  it('is no fault of who asked', async () => {
    const admin = new Redis(redis.url)
    await admin.acl('SETUSER', 'default', '-evalsha', '-eval')
    admin.disconnect()
    expect((await select('a\n1', '+12025550123')).agentId).toBe('agent-1')
    expect(told).toContain('lost')
  })
})
