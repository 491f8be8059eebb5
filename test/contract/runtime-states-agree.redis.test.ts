import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEmbeddedRuntimeState } from '../../server/adapters/memory/embedded-runtime-state.ts'
import type { EndedAttempt, RuntimeState, SelectionRequest, TrunkRequest } from '../../server/ports/runtime-state.ts'
import { strategyNames } from '../../shared/vocabulary.ts'
import { aCircuitPolicy, membersOf } from '../support/builders.ts'
import { recordingJournal } from '../support/recording-journal.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { sharedState } from '../support/shared-state.ts'

/** Routing is written twice, for one process and for Redis. Whatever happens, both must answer the same. */

let redis: TestRedis
let client: Redis
let shared: RuntimeState
beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  shared = await sharedState(redis.url, undefined, {}, 2000)
})
afterAll(async () => {
  await shared.close()
  client.disconnect()
  await redis.dispose()
})

const begin = 1_767_268_800_000
const policies = [
  aCircuitPolicy(),
  aCircuitPolicy({ failures: 2, failureRatio: 0.5, minimumResults: 3, windowMs: 60_000, coolOffMs: 5000 }),
] as const

const member = fc.record({
  weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })),
  priority: fc.integer({ min: 1, max: 2 }),
  provider: fc.constantFrom('vapi', 'retell'),
  maxConcurrentCalls: fc.constantFrom(undefined, undefined, 1, 2, 5),
  ignoresCircuit: fc.constantFrom(undefined, undefined, undefined, true),
})
const pass = fc.constantFrom(0, 0, 1, 40, 3000, 20_000, 400_000, 5 * 3_600_000, 26 * 3_600_000)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('select' as const),
      pass,
      group: fc.constantFrom(...strategyNames, undefined),
      absent: fc.subarray([0, 1, 2, 3, 4]),
      barred: fc.subarray([0, 1, 2, 3, 4], { maxLength: 1 }),
      isFirstChoice: fc.boolean(),
      dryRun: fc.constantFrom(false, false, false, true),
      caller: fc.constantFrom(undefined, undefined, '+12025550101', '+12025550102'),
      providerLimits: fc.constantFrom<Record<string, number>>({}, {}, { vapi: 2 }, { retell: 1, vapi: 6 }),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      pass,
      slot: fc.nat(),
      result: fc.constantFrom('answered', 'failed', 'failed', 'failed', 'no_answer', 'busy', undefined),
      policy: fc.constantFrom(...policies),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer' as const), pass, slot: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trunk' as const),
      pass,
      capacities: fc.array(fc.constantFrom(undefined, 1, 2), { minLength: 1, maxLength: 3 }),
      dryRun: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), pass, slot: fc.nat() }) },
)

it('routes in Redis as in one process, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(member, { minLength: 5, maxLength: 5 }),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      async (traits, steps) => {
        // Not all: a Redis that was emptied is lost.
        const names = await client.keys('tenant:*')
        if (names.length > 0) await client.del(...names)
        const alone = await createEmbeddedRuntimeState(recordingJournal(), [])
        const both = async <T>(ask: (state: RuntimeState) => Promise<T>): Promise<T> => {
          const [here, there] = [await ask(alone), await ask(shared)]
          expect(there).toEqual(here)
          return here
        }
        const tenantId = 'tenant-1'
        const members = membersOf([1, 1, 1, 1, 1]).map((one, i) => ({ ...one, ...traits[i] }))
        const slots: { agentId: string; provider: string; leaseKey: string; startedAtMs: number }[] = []
        let nowMs = begin
        let n = 0
        for (const one of steps) {
          nowMs += one.pass
          const slot = 'slot' in one ? slots[one.slot % Math.max(1, slots.length)] : undefined
          if (one.kind === 'select') {
            const { group, absent, barred, caller, pass: _, kind: __, ...rest } = one
            const request: SelectionRequest = {
              tenantId,
              group: group && { id: `group-${group}`, strategy: group, windowMs: 24 * 3_600_000 },
              members: members.flatMap((m, i) =>
                absent.includes(i) ? [] : [barred.includes(i) ? { ...m, barred: 'disabled' } : m],
              ),
              leaseKey: `token-${(n += 1)}\n1`,
              leaseMs: 60_000,
              trialMs: 15_000,
              sticky: caller === undefined ? undefined : { caller, ms: 600_000 },
              nowMs,
              ...rest,
            }
            const { agentId } = await both((state) => state.select(request))
            if (agentId !== undefined && !request.dryRun) {
              const { provider } = members.find((m) => m.agentId === agentId)!
              slots.push({ agentId, provider, leaseKey: request.leaseKey, startedAtMs: nowMs })
            }
          } else if (one.kind === 'trunk') {
            const request: TrunkRequest = {
              tenantId,
              trunks: one.capacities.map((capacity, i) => ({ id: `trunk-${i}`, capacity })),
              leaseKey: `token-${(n += 1)}\n1`,
              leaseMs: 30_000,
              nowMs,
              dryRun: one.dryRun,
            }
            await both((state) => state.selectTrunk(request))
          } else if (slot && one.kind === 'end') {
            const ended: EndedAttempt = { tenantId, ...slot, result: one.result, policy: one.policy, nowMs }
            await both((state) => state.endAttempt(ended))
          } else if (slot && one.kind === 'answer')
            await both((state) => state.noteAnswer(tenantId, slot.agentId, slot.provider, slot.leaseKey, nowMs))
          else if (slot) await both((state) => state.release(tenantId, slot.agentId, slot.provider, slot.leaseKey))
        }
        await both((state) =>
          state.activeCalls(
            tenantId,
            members.map(({ agentId }) => agentId),
            nowMs,
          ),
        )
        const subjects = [
          ...members.map(({ agentId }) => ({ kind: 'agent' as const, id: agentId })),
          ...['vapi', 'retell'].map((id) => ({ kind: 'provider' as const, id })),
        ]
        await both((state) => state.circuits(tenantId, subjects, nowMs))
        for (const strategy of strategyNames)
          await both((state) => state.groupState(tenantId, `group-${strategy}`, 24 * 3_600_000, nowMs))
      },
    ),
    { numRuns: 300 },
  )
}, 120_000)
