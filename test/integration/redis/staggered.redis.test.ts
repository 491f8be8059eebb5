import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { aCall, anAttempt, membersOf } from '../../support/builders.ts'
import { aCable, type Cable } from '../../support/cable.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

/** Outages that not all nodes see alike. */

const tenantId = 'tenant-1'
const nowMs = 1_767_268_800_000
const leaseMs = 3_600_000
const cap = 30
const nodeCount = 3

let redis: TestRedis
let nodes: { state: RuntimeState; told: string[]; cable: Cable }[]
let calls: Map<string, Call>
const inFlight = (): readonly Call[] => [...calls.values()]

const join = async (): Promise<void> => {
  const cable = await aCable(redis.url)
  const told: string[] = []
  const said = { onLost: () => told.push('lost'), onBack: () => told.push('back'), common: redis.url }
  const state = await sharedState(cable.url, inFlight, said)
  nodes.push({ state, told, cable })
}
beforeEach(async () => {
  redis = await startRedis()
  nodes = []
  calls = new Map()
})
afterEach(async () => {
  for (const { state, cable } of nodes) {
    await state.close()
    await cable.dispose()
  }
  await redis.dispose()
})

const members = membersOf([1], { maxConcurrentCalls: cap })
const call = ({ state }: { state: RuntimeState }, token: string): Promise<boolean> =>
  state.exclusively(tenantId, token, async () => {
    const leaseKey = `${token}\n1`
    const always = { tenantId, isFirstChoice: true, trialMs: 30_000, providerLimits: {}, chance: 0, nowMs }
    const { agentId } = await state.select({ ...always, members, leaseKey, leaseMs })
    if (agentId === undefined) return false
    const attempts = [anAttempt({ n: 1, agentId, provider: 'vapi', leaseUntilMs: nowMs + leaseMs })]
    const placed = aCall({ token, state: 'connecting', attempts })
    await state.saveCall(placed)
    calls.set(token, placed)
    return true
  })
const callAll = async (name: string, most: number, some = nodes): Promise<number> => {
  const asked = Array.from({ length: most }, (_, n) => call(some[n % some.length]!, `${name}-${n}`))
  return (await Promise.all(asked)).filter(Boolean).length
}
const until = async (isTrue: () => boolean): Promise<void> => {
  for (let tries = 0; !isTrue(); tries += 1) {
    if (tries > 500) throw new Error('it does not become true')
    await sleep(10)
  }
}

describe('nodes that lose and find Redis at different moments', { timeout: 30_000 }, () => {
  it('hand out no more than their shares until all are back', async () => {
    for (let n = 0; n < nodeCount; n += 1) await join()
    await callAll('before', 3)
    for (const { cable } of nodes) cable.cut()
    await callAll('during', 90)
    // A node that opens its books later counts what others placed meanwhile as held.
    expect(calls.size).toBeGreaterThan(cap / 2)
    expect(calls.size).toBeLessThanOrEqual(cap + nodeCount - 1)
    nodes[0]!.cable.mend()
    // Long enough to reach Redis, while the others cannot.
    await sleep(600)
    await callAll('first back', 60, nodes.slice(0, 1))
    for (const { cable } of nodes) cable.mend()
    await until(() => nodes.every(({ told }) => told.at(-1) === 'back'))
    await callAll('after', 60)
    expect(calls.size).toBeLessThanOrEqual(cap + nodeCount - 1)
    expect((await nodes[0]!.state.activeCalls(tenantId, ['agent-1'], nowMs)).get('agent-1')).toBe(calls.size)
  })

  it('share a cap also when they start without it', async () => {
    await redis.kill()
    for (let n = 0; n < nodeCount; n += 1) await join()
    expect(nodes.map(({ told }) => told.at(-1))).toEqual(nodes.map(() => 'lost'))
    await callAll('alone', 120)
    expect(calls.size).toBeLessThanOrEqual(cap + nodeCount - 1)
    expect(calls.size).toBeGreaterThanOrEqual(cap)
  })

  it('notice that it was emptied, and fill it again', async () => {
    for (let n = 0; n < nodeCount; n += 1) await join()
    await callAll('before', 20)
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
    await until(() => nodes.every(({ told }) => told.includes('lost')))
    await until(() => nodes.every(({ told }) => told.at(-1) === 'back'))
    const active = await nodes[0]!.state.activeCalls(tenantId, ['agent-1'], nowMs)
    expect(active.get('agent-1')).toBe(20)
    expect(await nodes[1]!.state.liveCallCount()).toBe(20)
    await callAll('after', 60)
    expect(calls.size).toBe(cap)
  })

  it('make no call wait for the others once it hangs', async () => {
    await join()
    await call(nodes[0]!, 'first')
    const pid = redis.pid()!
    process.kill(pid, 'SIGSTOP')
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 400 }, (_, n) => nodes[0]!.state.loadCall(tenantId, `token-${n}`)))
    const tookMs = performance.now() - startedAt
    process.kill(pid, 'SIGCONT')
    expect(nodes[0]!.told).toContain('lost')
    // Queued one behind the other they would take 400 / 16 × 50 ms.
    expect(tookMs).toBeLessThan(800)
  })
})

it('knows the open circuits of before when Redis has forgotten them', async () => {
  const subject = { kind: 'agent', id: 'agent-1' } as const
  const open = {
    tenantId,
    subject,
    reason: '3 failed in a row',
    openedAtMs: nowMs - 5,
    retryAtMs: nowMs + 1000,
    trials: [],
  }
  const state = await sharedState(redis.url, () => [], { openCircuits: [open] })
  const [standing] = await state.circuits(tenantId, [subject], nowMs)
  expect(standing).toEqual({
    subject,
    state: 'open',
    reason: open.reason,
    openedAtMs: nowMs - 5,
    retryAtMs: nowMs + 1000,
  })
  await state.close()
})
