import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { aCall, aCircuitPolicy, anAttempt, membersOf } from '../../support/builders.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

const tenantId = 'tenant-1'
const nowMs = 1_767_268_800_000
const leaseMs = 3_600_000
const cap = 10

let redis: TestRedis
let nodes: { state: RuntimeState; told: string[] }[]
let calls: Map<string, Call>
/** What the nodes' common store says, as long as it is late. */
let late: readonly Call[] | undefined
const inFlight = (): readonly Call[] => late ?? [...calls.values()].filter(({ state }) => state === 'connecting')

const join = async () => {
  const told: string[] = []
  const state = await sharedState(redis.url, inFlight, {
    onLost: () => told.push('lost'),
    onBack: () => told.push('back'),
  })
  nodes.push({ state, told })
}

beforeEach(async () => {
  redis = await startRedis()
  nodes = []
  calls = new Map()
  late = undefined
  for (let n = 0; n < 3; n += 1) await join()
  // Until everybody has heard of everybody.
  await sleep(1100)
})
afterEach(async () => {
  for (const { state } of nodes) await state.close()
  await redis.dispose()
})

const members = membersOf([1], { maxConcurrentCalls: cap })

/** A call comes to a node and is given to an agent where one has room. */
const call = ({ state }: { state: RuntimeState }, token: string): Promise<boolean> =>
  state.exclusively(tenantId, token, async () => {
    const { agentId } = await state.select({
      tenantId,
      members,
      isFirstChoice: true,
      leaseKey: `${token}\n1`,
      leaseMs,
      trialMs: 30_000,
      providerLimits: {},
      chance: 0,
      nowMs,
    })
    if (agentId === undefined) return false
    const placed = aCall({
      token,
      state: 'connecting',
      attempts: [anAttempt({ n: 1, agentId, provider: 'vapi', leaseUntilMs: nowMs + leaseMs })],
    })
    await state.saveCall(placed)
    calls.set(token, placed)
    return true
  })

const hangUp = ({ state }: { state: RuntimeState }, token: string): Promise<void> =>
  state.exclusively(tenantId, token, async () => {
    const before = calls.get(token)!
    const attempts = before.attempts.map((attempt) => ({ ...attempt, endedAtMs: nowMs, result: 'answered' as const }))
    const over: Call = { ...before, attempts, state: 'completed', revision: before.revision + 1 }
    await state.endAttempt({
      tenantId,
      agentId: 'agent-1',
      provider: 'vapi',
      leaseKey: `${token}\n1`,
      result: 'answered',
      startedAtMs: nowMs,
      policy: aCircuitPolicy(),
      nowMs,
    })
    await state.saveCall(over)
    calls.set(token, over)
  })

const active = async () => (await nodes[0]!.state.activeCalls(tenantId, ['agent-1'], nowMs)).get('agent-1')
const isBack = async () => {
  for (let n = 0; nodes.some(({ told }) => told.at(-1) === 'lost') && n < 500; n += 1) await sleep(20)
}
const running = () => [...calls.values()].filter(({ state }) => state === 'connecting').length

it('goes on without Redis within the caps, and tells it everything when it is back', async () => {
  for (let n = 0; n < 4; n += 1) expect(await call(nodes[n % 3]!, `before-${n}`)).toBe(true)
  late = inFlight()
  await redis.kill()
  const asked = await Promise.all(Array.from({ length: 90 }, (_, n) => call(nodes[n % 3]!, `during-${n}`)))
  late = undefined
  // Four are held, six are free: each of three nodes hands out two.
  expect(asked.filter(Boolean)).toHaveLength(6)
  expect(nodes.map(({ told }) => told)).toEqual(nodes.map(() => ['back', 'lost']))
  await hangUp(nodes[0]!, 'before-0')
  await hangUp(nodes[1]!, 'before-1')
  // Their slots are handed out again, each by the node that it belongs to, which may have to read that its call is over.
  const more: string[] = []
  for (let tries = 0; more.length < 2 && tries < 100; tries += 1) {
    for (const [n, node] of nodes.entries()) {
      const token = `in their place ${tries}-${n}`
      if (await call(node, token)) more.push(token)
    }
    await sleep(50)
  }
  expect(more).toHaveLength(2)
  await sleep(600)
  for (const [n, node] of nodes.entries()) expect(await call(node, `too many ${n}`)).toBe(false)
  expect(running()).toBe(10)
  await hangUp(nodes[2]!, more[0]!)

  await redis.start()
  await isBack()
  expect(nodes.map(({ told }) => told.at(-1))).toEqual(['back', 'back', 'back'])
  expect(await active()).toBe(9)
  expect(await call(nodes[2]!, 'after')).toBe(true)
  expect(await call(nodes[2]!, 'too many')).toBe(false)
  for (const token of [...calls.keys()]) if (calls.get(token)!.state === 'connecting') await hangUp(nodes[1]!, token)
  expect(await active()).toBe(0)
  expect(await nodes[0]!.state.liveCallCount()).toBe(0)
  expect(await nodes[0]!.state.freeOrphans()).toBe(0)
}, 30_000)

it('overshoots a cap by less than the number of nodes, whatever is free', async () => {
  for (let n = 0; n < 3; n += 1) await call(nodes[n % 3]!, `before-${n}`)
  late = inFlight()
  await redis.kill()
  const asked = await Promise.all(Array.from({ length: 90 }, (_, n) => call(nodes[n % 3]!, `during-${n}`)))
  // Seven free: three for each of three.
  expect(asked.filter(Boolean)).toHaveLength(9)
}, 30_000)

it('keeps every call exclusive on all nodes', async () => {
  let inside = 0
  const log: number[] = []
  const work = async (n: number) => {
    inside += 1
    expect(inside).toBe(1)
    await sleep(1)
    inside -= 1
    log.push(n)
  }
  await Promise.all(
    Array.from({ length: 64 }, (_, n) => nodes[n % 3]!.state.exclusively(tenantId, 'token', () => work(n))),
  )
  expect(log).toHaveLength(64)
}, 30_000)

it('sees on one node what was saved on another', async () => {
  await call(nodes[0]!, 'a')
  await nodes[0]!.state.saveAnswer(tenantId, 'voice\na\n1', { status: 200, body: '<Response/>' })
  expect(await nodes[1]!.state.loadCall(tenantId, 'a')).toEqual(calls.get('a'))
  expect(await nodes[2]!.state.loadAnswer(tenantId, 'voice\na\n1')).toEqual({ status: 200, body: '<Response/>' })
})
