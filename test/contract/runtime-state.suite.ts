import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Call } from '../../server/domain/calls/call.ts'
import type { RuntimeState, SelectionRequest } from '../../server/ports/runtime-state.ts'
import { strategyNames, type AttemptResult } from '../../shared/vocabulary.ts'
import { aCall, aCircuitPolicy, anAttempt, membersOf } from '../support/builders.ts'

/** One durable place, on which a runtime state can be opened again and again. */
export interface RuntimeStateHarness {
  /** What the process that died had on record as not ended is handed in. */
  open(inFlight?: readonly Call[]): Promise<RuntimeState>
  /** Stops using what is open as a crash would: nothing is said to it. */
  crash(): Promise<void>
  dispose(): Promise<void>
}

const now = 1_767_268_800_000
const hour = 3_600_000
const tenantId = 'tenant-1'

let requests = 0
const aRequest = (over: Partial<SelectionRequest> = {}): SelectionRequest => ({
  tenantId,
  group: { id: 'group-1', strategy: 'round_robin', windowMs: 24 * hour },
  members: membersOf([1, 1, 1]),
  isFirstChoice: true,
  leaseKey: `token-${(requests += 1)}\n1`,
  leaseMs: 60_000,
  trialMs: 30_000,
  providerLimits: {},
  chance: 0.5,
  nowMs: now,
  ...over,
})

/** What every runtime state promises, whatever it is made of. */
export const runtimeStateContract = (name: string, createHarness: () => Promise<RuntimeStateHarness>): void => {
  describe(`runtime state contract: ${name}`, () => {
    const harnesses: RuntimeStateHarness[] = []
    const aHarness = async (): Promise<RuntimeStateHarness> => {
      const harness = await createHarness()
      harnesses.push(harness)
      return harness
    }
    const opened = async (): Promise<RuntimeState> => (await aHarness()).open()
    const active = async (state: RuntimeState, agentId = 'agent-1', nowMs = now): Promise<number | undefined> =>
      (await state.activeCalls(tenantId, [agentId], nowMs)).get(agentId)

    afterEach(async () => {
      for (const harness of harnesses.splice(0)) await harness.dispose()
    })

    describe('slots', () => {
      it('are taken by a choice and given back once', async () => {
        const state = await opened()
        const request = aRequest()
        expect(await state.select(request)).toMatchObject({
          agentId: 'agent-1',
          verdicts: [{ chosen: true }, { eligible: true }, { eligible: true }],
        })
        expect(await active(state)).toBe(1)
        expect(await state.release(tenantId, 'agent-2', 'vapi', request.leaseKey)).toBe(false)
        expect(await state.release(tenantId, 'agent-1', 'vapi', 'another')).toBe(false)
        expect(await state.release('tenant-2', 'agent-1', 'vapi', request.leaseKey)).toBe(false)
        expect(await state.release(tenantId, 'agent-1', 'vapi', request.leaseKey)).toBe(true)
        expect(await state.release(tenantId, 'agent-1', 'vapi', request.leaseKey)).toBe(false)
        expect(await active(state)).toBe(0)
      })

      it('are never more than the cap, however many ask at once', async () => {
        const state = await opened()
        const members = membersOf([1, 5, 1, 100, 2], { maxConcurrentCalls: 3 })
        for (const strategy of strategyNames) {
          const group = { id: `group-${strategy}`, strategy, windowMs: hour }
          const asked = Array.from({ length: 500 }, () => aRequest({ group, members }))
          const answers = await Promise.all(asked.map(state.select))
          const taken = answers.flatMap(({ agentId }, i) => (agentId === undefined ? [] : [{ agentId, i }]))
          expect(taken).toHaveLength(15)
          for (const { agentId } of members) {
            expect(await active(state, agentId)).toBe(3)
            expect(answers.at(-1)?.verdicts[0]).toMatchObject({ eligible: false, verdict: 'at its cap (3 of 3)' })
          }
          const released = await Promise.all(
            taken.map(({ agentId, i }) => state.release(tenantId, agentId, 'vapi', asked[i]!.leaseKey)),
          )
          expect(released.every(Boolean)).toBe(true)
        }
      })

      it('are shared by all groups of an agent', async () => {
        const state = await opened()
        const members = membersOf([1], { maxConcurrentCalls: 1 })
        await state.select(aRequest({ members }))
        const other = { id: 'group-2', strategy: 'priority', windowMs: hour } as const
        expect((await state.select(aRequest({ members, group: other }))).agentId).toBeUndefined()
        expect((await state.select(aRequest({ members, group: undefined }))).agentId).toBeUndefined()
      })

      it('are free when their time is over, and not before', async () => {
        const state = await opened()
        const members = membersOf([1], { maxConcurrentCalls: 1 })
        await state.select(aRequest({ members, leaseMs: 1000 }))
        expect((await state.select(aRequest({ members, nowMs: now + 999 }))).agentId).toBeUndefined()
        expect(await active(state, 'agent-1', now + 999)).toBe(1)
        expect(await active(state, 'agent-1', now + 1000)).toBe(0)
        expect((await state.select(aRequest({ members, nowMs: now + 1000 }))).agentId).toBe('agent-1')
        expect(await active(state, 'agent-1', now + 1000)).toBe(1)
      })

      it('of one key are one', async () => {
        const state = await opened()
        const request = aRequest({ members: membersOf([1]) })
        await state.select(request)
        await state.select(request)
        expect(await active(state)).toBe(1)
      })

      it('of an agent that nobody called are none', async () => {
        const state = await opened()
        expect(await state.activeCalls(tenantId, ['a', 'b'], now)).toEqual(
          new Map([
            ['a', 0],
            ['b', 0],
          ]),
        )
      })

      it('of calls in flight are held again after a crash', async () => {
        const harness = await aHarness()
        const attempts = [
          anAttempt({ n: 1, agentId: 'agent-1', endedAtMs: now, leaseUntilMs: now + hour }),
          anAttempt({ n: 2, agentId: 'agent-2', leaseUntilMs: now + hour }),
          anAttempt({ n: 3, agentId: undefined, leaseUntilMs: now + hour }),
        ]
        const call = aCall({ token: 'in-flight', state: 'connecting', attempts })
        const before = await harness.open()
        await before.saveCall(call)
        await harness.crash()
        const state = await harness.open([call])
        expect(await state.loadCall(tenantId, 'in-flight')).toEqual(call)
        expect(await active(state, 'agent-1')).toBe(0)
        expect(await active(state, 'agent-2')).toBe(1)
        expect(await active(state, 'agent-2', now + hour)).toBe(0)
        expect(await state.release(tenantId, 'agent-2', 'vapi', 'in-flight\n2')).toBe(true)
        expect(await active(state, 'agent-2')).toBe(0)
      })
    })

    describe('choices', () => {
      it('find nobody among nobody', async () => {
        const state = await opened()
        expect(await state.select(aRequest({ members: [] }))).toEqual({ agentId: undefined, verdicts: [], changes: [] })
      })

      it('of a lone agent keep no tally', async () => {
        const state = await opened()
        expect((await state.select(aRequest({ group: undefined, members: membersOf([1]) }))).agentId).toBe('agent-1')
        expect((await state.groupState(tenantId, 'group-1', hour, now)).firstChoices.size).toBe(0)
      })

      it('are counted, with the time, for their tenant and group alone', async () => {
        const state = await opened()
        for (let n = 0; n < 4; n += 1) await state.select(aRequest({ nowMs: now + n }))
        const { firstChoices, lastUsedAtMs } = await state.groupState(tenantId, 'group-1', 24 * hour, now + 4)
        expect(firstChoices).toEqual(
          new Map([
            ['agent-1', 2],
            ['agent-2', 1],
            ['agent-3', 1],
          ]),
        )
        expect(lastUsedAtMs).toEqual(
          new Map([
            ['agent-1', now + 3],
            ['agent-2', now + 1],
            ['agent-3', now + 2],
          ]),
        )
        expect((await state.groupState(tenantId, 'group-2', hour, now)).firstChoices.size).toBe(0)
        expect((await state.groupState('tenant-2', 'group-1', hour, now)).firstChoices.size).toBe(0)
        const elsewhere = await state.select(aRequest({ tenantId: 'tenant-2' }))
        expect(elsewhere.agentId).toBe('agent-1')
      })

      it('of a window are forgotten when they leave it', async () => {
        const state = await opened()
        const group = { id: 'group-1', strategy: 'load_balanced', windowMs: hour } as const
        for (let n = 0; n < 9; n += 1) await state.select(aRequest({ group, members: membersOf([1]), nowMs: now + n }))
        const later = now + 2 * hour
        const seen = async (nowMs: number) =>
          (await state.groupState(tenantId, 'group-1', hour, nowMs)).firstChoices.get('agent-1')
        expect(await seen(now + 100)).toBe(9)
        expect(await seen(later)).toBe(0)
        await state.select(aRequest({ group, members: membersOf([1]), nowMs: later }))
        expect(await seen(later)).toBe(1)
      })

      it('after the first of a call take a slot and do not count', async () => {
        const state = await opened()
        expect((await state.select(aRequest({ isFirstChoice: false }))).agentId).toBe('agent-1')
        expect((await state.select(aRequest({ isFirstChoice: false }))).agentId).toBe('agent-1')
        expect(await active(state)).toBe(2)
        expect([...(await state.groupState(tenantId, 'group-1', hour, now)).firstChoices.values()].join('')).toMatch(
          /^0*$/,
        )
        expect((await state.select(aRequest())).agentId).toBe('agent-1')
      })

      it('by several at once are as exact as one by one', async () => {
        const state = await opened()
        const members = membersOf([5, 3, 1, 1])
        const answers = await Promise.all(Array.from({ length: 100 }, () => state.select(aRequest({ members }))))
        const count = (agentId: string) => answers.filter((answer) => answer.agentId === agentId).length
        expect(members.map(({ agentId }) => count(agentId))).toEqual([50, 30, 10, 10])
      })
    })

    describe('limits of providers', () => {
      it('hold for all agents of a provider together', async () => {
        const state = await opened()
        const members = membersOf([1, 1, 1]).map((member, i) => ({ ...member, provider: i < 2 ? 'vapi' : 'retell' }))
        const asked = Array.from({ length: 40 }, () => aRequest({ members, providerLimits: { vapi: 3, retell: 2 } }))
        const answers = await Promise.all(asked.map(state.select))
        expect(answers.filter(({ agentId }) => agentId !== undefined)).toHaveLength(5)
        expect(await active(state, 'agent-3')).toBe(2)
        expect(answers.at(-1)?.verdicts[0]?.verdict).toBe('its provider vapi is at its limit (3 of 3)')
        const first = answers.findIndex(({ agentId }) => agentId === 'agent-1')
        await state.release(tenantId, 'agent-1', 'vapi', asked[first]!.leaseKey)
        const again = await state.select(aRequest({ members, providerLimits: { vapi: 3, retell: 2 } }))
        expect(['agent-1', 'agent-2']).toContain(again.agentId)
      })
    })

    describe('a caller who comes again', () => {
      const sticky = (caller: string) => ({ sticky: { caller, ms: 60_000 } })

      it('gets the agent it had last, uncounted, within the time and while that one is eligible', async () => {
        const state = await opened()
        const first = await state.select(aRequest(sticky('+1')))
        expect(first.agentId).toBe('agent-1')
        const again = await state.select(aRequest({ ...sticky('+1'), nowMs: now + 59_999 }))
        expect(again.agentId).toBe('agent-1')
        expect((await state.groupState(tenantId, 'group-1', 24 * hour, now)).firstChoices.get('agent-1')).toBe(1)
        expect((await state.select(aRequest(sticky('+2')))).agentId).toBe('agent-2')
        const barred = membersOf([1, 1, 1]).map((member, i) => (i === 0 ? { ...member, barred: 'disabled' } : member))
        const other = await state.select(aRequest({ ...sticky('+1'), members: barred }))
        expect(other.agentId).not.toBe('agent-1')
        expect((await state.select(aRequest(sticky('+1')))).agentId).toBe(other.agentId)
        const dry = await state.select(aRequest({ ...sticky('+1'), nowMs: now + hour, dryRun: true }))
        expect(dry.verdicts.some(({ verdict }) => verdict.includes('last call'))).toBe(false)
      })
    })

    describe('circuits', () => {
      const policy = aCircuitPolicy()
      const agent = { kind: 'agent', id: 'agent-1' } as const
      const provider = { kind: 'provider', id: 'vapi' } as const
      const alone = { group: undefined, members: membersOf([1]) }
      const end = (
        state: RuntimeState,
        leaseKey: string,
        result: AttemptResult | undefined,
        nowMs = now,
        agentId = 'agent-1',
        startedAtMs = nowMs,
      ) => state.endAttempt({ tenantId, agentId, provider: 'vapi', leaseKey, result, startedAtMs, policy, nowMs })
      const failThrice = async (state: RuntimeState) => {
        for (const n of [1, 2]) expect(await end(state, `f${n}`, 'failed')).toEqual([])
        return end(state, 'f3', 'failed')
      }
      const openedAs = { subject: agent, from: 'closed', to: 'open', reason: '3 failed in a row' }

      it('give the slot back with the end of an attempt', async () => {
        const state = await opened()
        const request = aRequest({ members: membersOf([1]) })
        await state.select(request)
        expect(await end(state, request.leaseKey, 'answered')).toEqual([])
        expect(await active(state)).toBe(0)
      })

      it('open with the third failure, say so once, and let nobody through', async () => {
        const state = await opened()
        expect(await failThrice(state)).toEqual([openedAs])
        expect(await end(state, 'f4', 'failed')).toEqual([])
        expect(await state.circuits(tenantId, [agent, provider, { kind: 'agent', id: 'agent-2' }], now)).toEqual([
          { subject: agent, state: 'open', reason: '3 failed in a row', openedAtMs: now, retryAtMs: now + 30_000 },
        ])
        const { agentId, verdicts } = await state.select(aRequest(alone))
        expect(agentId).toBeUndefined()
        expect(verdicts[0]?.verdict).toBe('circuit open (3 failed in a row), next trial in 30 s')
        expect((await state.select(aRequest())).agentId).toBe('agent-2')
        expect((await state.circuits('tenant-2', [agent], now)).length).toBe(0)
      })

      it('let one trial through at a time, and close with its answer', async () => {
        const state = await opened()
        await failThrice(state)
        const later = now + 30_000
        const asked = Array.from({ length: 50 }, () => aRequest({ ...alone, nowMs: later }))
        const answers = await Promise.all(asked.map(state.select))
        const through = asked.filter((_, i) => answers[i]?.agentId !== undefined)
        expect(through).toHaveLength(1)
        expect(answers.flatMap(({ changes }) => changes)).toEqual([
          { subject: agent, from: 'open', to: 'half_open', reason: '3 failed in a row' },
        ])
        expect(await end(state, through[0]!.leaseKey, 'failed', later + 1000)).toMatchObject([{ to: 'open' }])
        expect((await state.select(aRequest({ ...alone, nowMs: later + 30_999 }))).agentId).toBeUndefined()
        const trial = aRequest({ ...alone, nowMs: later + 31_000 })
        expect((await state.select(trial)).agentId).toBe('agent-1')
        expect(await end(state, trial.leaseKey, 'answered', later + 32_000)).toEqual([
          { subject: agent, from: 'half_open', to: 'closed' },
        ])
        expect((await state.select(aRequest({ ...alone, nowMs: later + 32_000 }))).agentId).toBe('agent-1')
      })

      it('try again when a trial was not heard of', async () => {
        const state = await opened()
        await failThrice(state)
        const first = aRequest({ ...alone, nowMs: now + 30_000 })
        expect((await state.select(first)).agentId).toBe('agent-1')
        expect((await state.select(aRequest({ ...alone, nowMs: now + 59_999 }))).agentId).toBeUndefined()
        expect((await state.select(aRequest({ ...alone, nowMs: now + 60_000 }))).agentId).toBe('agent-1')
      })

      it('close when a trial has been connected for a while, and tell it with the next call', async () => {
        const state = await opened()
        await failThrice(state)
        const trial = aRequest({ ...alone, nowMs: now + 30_000 })
        await state.select(trial)
        await state.noteAnswer(tenantId, 'agent-1', 'vapi', trial.leaseKey, now + 35_000)
        expect(await state.circuits(tenantId, [agent], now + 37_999)).toMatchObject([{ state: 'half_open' }])
        expect(await state.circuits(tenantId, [agent], now + 38_000)).toEqual([])
        const next = await state.select(aRequest({ ...alone, nowMs: now + 38_000 }))
        expect(next).toMatchObject({ agentId: 'agent-1', changes: [{ subject: agent, to: 'closed' }] })
      })

      it('that are closed again do not open by what began before they opened', async () => {
        const state = await opened()
        await failThrice(state)
        const trial = aRequest({ ...alone, nowMs: now + 30_000 })
        await state.select(trial)
        expect(await end(state, trial.leaseKey, 'answered', now + 31_000)).toMatchObject([{ to: 'closed' }])
        for (const n of [1, 2, 3, 4])
          expect(await end(state, `late${n}`, 'no_answer', now + 32_000, 'agent-1', now - n)).toEqual([])
        for (const n of [1, 2]) expect(await end(state, `new${n}`, 'failed', now + 33_000)).toEqual([])
        expect(await end(state, 'new3', 'failed', now + 33_000)).toMatchObject([{ to: 'open' }])
      })

      it('close by the answer to a trial that talked on while others were tried', async () => {
        const state = await opened()
        await failThrice(state)
        const asked = Array.from({ length: 9 }, (_, n) => aRequest({ ...alone, nowMs: now + (n + 1) * 30_000 }))
        for (const request of asked) expect((await state.select(request)).agentId).toBe('agent-1')
        expect(await end(state, asked[0]!.leaseKey, 'answered', now + 300_000)).toMatchObject([{ to: 'closed' }])
      })

      it('of a provider open when several of its agents fail', async () => {
        const state = await opened()
        await end(state, 'a', 'failed')
        await end(state, 'b', 'failed')
        expect(await end(state, 'c', 'failed', now, 'agent-2')).toEqual([{ ...openedAs, subject: provider }])
        const { verdicts } = await state.select(aRequest())
        expect(verdicts[2]?.verdict).toBe('its provider vapi: circuit open (3 failed in a row), next trial in 30 s')
      })

      it('of a provider are tried by its agents in turn, so that one that is dead keeps nobody out', async () => {
        const state = await opened()
        await end(state, 'a', 'failed')
        await end(state, 'b', 'failed')
        await end(state, 'c', 'failed', now, 'agent-2')
        const members = membersOf([1, 1, 1]).map((one, i) => ({ ...one, priority: i + 1 }))
        const tried: (string | undefined)[] = []
        let nowMs = now
        for (let n = 0; n < 4; n += 1) {
          nowMs += 30_000
          const group = { id: 'group-1', strategy: 'priority' as const, windowMs: hour }
          const trial = aRequest({ group, members, nowMs })
          const { agentId, verdicts } = await state.select(trial)
          tried.push(agentId)
          if (n === 1)
            expect(verdicts[0]).toMatchObject({
              eligible: false,
              verdict: 'its provider vapi: circuit open, another agent of it is tried first',
            })
          await end(state, trial.leaseKey, 'no_answer', nowMs, agentId, nowMs)
        }
        expect(tried).toEqual(['agent-1', 'agent-2', 'agent-3', 'agent-1'])
      })

      it('that an admin holds closed are not asked, and a dry run tries nothing', async () => {
        const state = await opened()
        await failThrice(state)
        const held = membersOf([1], { ignoresCircuit: true })
        expect(await state.select(aRequest({ members: held }))).toMatchObject({ agentId: 'agent-1', changes: [] })
        const later = { ...alone, nowMs: now + 30_000 }
        await state.select(aRequest({ ...later, dryRun: true }))
        expect((await state.select(aRequest(later))).agentId).toBe('agent-1')
      })

      it('begin anew when they are forgotten', async () => {
        const state = await opened()
        await failThrice(state)
        await state.forgetCircuits(tenantId, [agent])
        expect((await state.select(aRequest(alone))).agentId).toBe('agent-1')
      })
    })

    describe('trunks', () => {
      it('take calls in their order as far as they have room', async () => {
        const state = await opened()
        const trunks = [{ id: 'main', capacity: 2 }, { id: 'spare' }]
        const ask = (leaseKey: string, more = {}) =>
          state.selectTrunk({ tenantId, trunks, leaseKey, leaseMs: 1000, nowMs: now, ...more })
        expect((await ask('dry', { dryRun: true })).trunkId).toBe('main')
        expect(await ask('1')).toEqual({
          trunkId: 'main',
          verdicts: [
            { trunkId: 'main', eligible: true, chosen: true, verdict: 'chosen' },
            { trunkId: 'spare', eligible: true, chosen: false, verdict: 'comes later' },
          ],
        })
        expect((await ask('2')).trunkId).toBe('main')
        expect((await ask('3')).verdicts[0]).toMatchObject({ eligible: false, verdict: 'at its capacity (2 of 2)' })
        expect(await state.releaseTrunk(tenantId, 'main', '2')).toBe(true)
        expect(await state.releaseTrunk(tenantId, 'main', '2')).toBe(false)
        expect((await ask('4')).trunkId).toBe('main')
        expect((await ask('5', { nowMs: now + 1000 })).trunkId).toBe('main')
        expect((await ask('6', { trunks: [{ id: 'main', capacity: 1 }], nowMs: now + 1000 })).trunkId).toBeUndefined()
      })
    })

    describe('a dry run', () => {
      const dryRun = true

      it('chooses as the next call would, and changes nothing', async () => {
        const state = await opened()
        for (let n = 0; n < 5; n += 1) {
          const dry = await state.select(aRequest({ dryRun, leaseKey: 'test' }))
          const again = await state.select(aRequest({ dryRun, leaseKey: 'test' }))
          const real = await state.select(aRequest())
          expect(again).toEqual(dry)
          expect(real).toEqual(dry)
        }
        const before = await state.groupState(tenantId, 'group-1', hour, now)
        await state.select(aRequest({ dryRun, members: membersOf([9]) }))
        expect(await state.groupState(tenantId, 'group-1', hour, now)).toEqual(before)
        expect(await active(state)).toBe(2)
      })

      it('about another time forgets nothing of this one', async () => {
        const state = await opened()
        const group = { id: 'group-1', strategy: 'load_balanced', windowMs: hour } as const
        const members = membersOf([1, 1], { maxConcurrentCalls: 1 })
        await state.select(aRequest({ group, members }))
        await state.select(aRequest({ group, members }))
        const before = await state.groupState(tenantId, 'group-1', hour, now)
        const then = await state.select(aRequest({ group, members, nowMs: now + 9 * hour, dryRun }))
        expect(then.verdicts).toMatchObject([
          { activeCalls: 0, firstChoices: 0 },
          { activeCalls: 0, firstChoices: 0 },
        ])
        expect((await state.select(aRequest({ group, members }))).agentId).toBeUndefined()
        expect(await state.groupState(tenantId, 'group-1', hour, now)).toEqual(before)
      })

      it('of an unknown group leaves no trace', async () => {
        const state = await opened()
        await state.select(aRequest({ dryRun }))
        expect((await state.groupState(tenantId, 'group-1', hour, now)).firstChoices.size).toBe(0)
      })
    })

    describe('a crash', () => {
      const step = fc.record({
        kind: fc.constantFrom('call', 'call', 'call', 'failover', 'dry', 'crash'),
        group: fc.constantFrom(...strategyNames),
        present: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1 }),
        pass: fc.constantFrom(0, 0, 1000, 600_000, 30 * hour),
      })

      it('brings back nothing that had left the window, whoever was there to see it go', async () => {
        const [steady, crashing] = [await aHarness(), await aHarness()]
        const [whole, before] = [await steady.open(), await crashing.open()]
        const group = { id: 'group-1', strategy: 'load_balanced', windowMs: 24 * hour } as const
        const members = membersOf([10, 1, 1])
        const later = now + 48 * hour
        const calls: Partial<SelectionRequest>[] = [
          { members: members.slice(0, 2), nowMs: now },
          { nowMs: now },
          { nowMs: later, isFirstChoice: false },
          { nowMs: later },
        ]
        for (const over of calls) {
          const request = aRequest({ group, members, ...over })
          expect(await before.select(request)).toEqual(await whole.select(request))
        }
        await crashing.crash()
        const after = await crashing.open()
        const request = aRequest({ group, members, nowMs: later, leaseMs: 0, dryRun: true })
        const behind = async (state: RuntimeState) =>
          (await state.select(request)).verdicts.map((verdict) => verdict.behind)
        expect(await behind(after)).toEqual(await behind(whole))
      })

      it('does not disturb the turns', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
            const [steady, crashing] = [await aHarness(), await aHarness()]
            const whole = await steady.open()
            let state = await crashing.open()
            let nowMs = now
            const members = membersOf([5, 3, 2, 1, 1])
            for (const { kind, group, present, pass } of steps) {
              nowMs += pass
              if (kind === 'crash') {
                await crashing.crash()
                state = await crashing.open()
                continue
              }
              const request = aRequest({
                group: { id: group, strategy: group, windowMs: 24 * hour },
                members: members.filter((_, i) => present.includes(i)),
                isFirstChoice: kind !== 'failover',
                dryRun: kind === 'dry',
                nowMs,
                // Slots are rebuilt from the calls in flight; here there are none.
                leaseMs: 0,
              })
              expect(await state.select(request)).toEqual(await whole.select(request))
            }
            for (const harness of harnesses.splice(0)) await harness.dispose()
          }),
          { numRuns: 60 },
        )
      }, 60_000)
    })

    describe('work on one token', () => {
      it('is done one after the other, in order', async () => {
        const state = await opened()
        const log: string[] = []
        const work = (n: number) => async () => {
          log.push(`begin ${n}`)
          await new Promise((resolve) => setImmediate(resolve))
          log.push(`end ${n}`)
          return n
        }
        const done = await Promise.all([1, 2, 3].map((n) => state.exclusively(tenantId, 'token', work(n))))
        expect(done).toEqual([1, 2, 3])
        expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'])
      })

      it('does not wait for other tokens, nor for other tenants', async () => {
        const state = await opened()
        let letGo = (): void => undefined
        const held = new Promise<void>((resolve) => (letGo = resolve))
        const first = state.exclusively(tenantId, 'token', () => held)
        await state.exclusively(tenantId, 'other', async () => undefined)
        await state.exclusively('tenant-2', 'token', async () => undefined)
        letGo()
        await first
      })

      it('that fails says so and leaves the way free', async () => {
        const state = await opened()
        const failing = state.exclusively(tenantId, 'token', () => Promise.reject(new Error('no disk')))
        const next = state.exclusively(tenantId, 'token', async () => 'done')
        await expect(failing).rejects.toThrow('no disk')
        expect(await next).toBe('done')
      })
    })

    describe('calls', () => {
      it('are known by tenant and token, as last saved, live or ended', async () => {
        const state = await opened()
        await state.saveCall(aCall({ token: 'a', state: 'routing' }))
        await state.saveCall(aCall({ token: 'a', state: 'connecting' }))
        await state.saveCall(aCall({ token: 'a', tenantId: 'tenant-2', state: 'queued' }))
        expect(await state.loadCall(tenantId, 'a')).toEqual(aCall({ token: 'a', state: 'connecting' }))
        expect(await state.loadCall(tenantId, 'b')).toBeUndefined()
        expect(await state.liveCallCount()).toBe(2)
        await state.saveCall(aCall({ token: 'a', state: 'completed' }))
        expect(await state.liveCallCount()).toBe(1)
        expect((await state.loadCall(tenantId, 'a'))?.state).toBe('completed')
      })

      it('are overdue at their deadline while they live', async () => {
        const state = await opened()
        await state.saveCall(aCall({ token: 'soon', state: 'connecting', deadlineMs: now }))
        await state.saveCall(aCall({ token: 'later', state: 'connecting', deadlineMs: now + 1 }))
        await state.saveCall(aCall({ token: 'over', state: 'failed', deadlineMs: now }))
        expect((await state.overdueCalls(now)).map(({ token }) => token)).toEqual(['soon'])
        expect(await state.overdueCalls(now - 1)).toEqual([])
      })

      it('remember their events while they live', async () => {
        const state = await opened()
        await state.saveCall(aCall({ token: 'a', state: 'connecting' }))
        expect(await state.noteEvent(tenantId, 'a', 'e1')).toBe(true)
        expect(await state.noteEvent(tenantId, 'a', 'e1')).toBe(false)
        expect(await state.noteEvent(tenantId, 'a', 'e2')).toBe(true)
        expect(await state.noteEvent(tenantId, 'unknown', 'e1')).toBe(true)
        expect(await state.noteEvent(tenantId, 'unknown', 'e1')).toBe(true)
        await state.saveCall(aCall({ token: 'a', state: 'completed' }))
        expect(await state.noteEvent(tenantId, 'a', 'e1')).toBe(true)
      })

      it('remember an event with the work on it, and not of work that failed', async () => {
        const state = await opened()
        await state.saveCall(aCall({ token: 'a', state: 'connecting' }))
        const note = (fails: boolean) =>
          state.exclusively(tenantId, 'a', async () => {
            const isNew = await state.noteEvent(tenantId, 'a', 'e1')
            expect(await state.noteEvent(tenantId, 'a', 'e1')).toBe(false)
            if (fails) throw new Error('it could not be stored')
            return isNew
          })
        await expect(note(true)).rejects.toThrow('it could not be stored')
        expect(await note(false)).toBe(true)
        expect(await state.noteEvent(tenantId, 'a', 'e1')).toBe(false)
      })
    })

    describe('slots without an owner', () => {
      it('are given back, and no others', async () => {
        const state = await opened()
        const take = (token: string) => state.select(aRequest({ leaseKey: `${token}\n1`, members: membersOf([1]) }))
        const live = (token: string, over = {}) =>
          state.saveCall(
            aCall({
              token,
              state: 'connecting',
              attempts: [anAttempt({ n: 1, agentId: 'agent-1', leaseUntilMs: now + hour, ...over })],
            }),
          )
        await take('live')
        await live('live')
        await take('ended')
        await live('ended', { endedAtMs: now })
        await take('elsewhere')
        await live('elsewhere', { agentId: 'agent-2' })
        await take('unknown')
        await state.exclusively(tenantId, 'deciding', async () => {
          await take('deciding')
          await state.freeOrphans()
        })
        expect(await active(state)).toBe(2)
        // Its slot and that of its provider.
        expect(await state.freeOrphans()).toBe(2)
        expect(await active(state)).toBe(1)
      })
    })

    describe('answers', () => {
      it('are kept to the byte, per tenant', async () => {
        const state = await opened()
        const answer = { status: 200, body: '<Response>ü😀</Response>' }
        expect(await state.loadAnswer(tenantId, 'voice\na')).toBeUndefined()
        await state.saveAnswer(tenantId, 'voice\na', answer)
        expect(await state.loadAnswer(tenantId, 'voice\na')).toEqual(answer)
        expect(await state.loadAnswer('tenant-2', 'voice\na')).toBeUndefined()
        await state.saveAnswer('tenant-2', 'voice\na', answer)
        await state.forgetAnswers(tenantId)
        expect(await state.loadAnswer(tenantId, 'voice\na')).toBeUndefined()
        expect(await state.loadAnswer('tenant-2', 'voice\na')).toEqual(answer)
      })
    })

    it('forgets callers, however they are written, who had their last call, and calls that are over', async () => {
      const harness = await aHarness()
      const state = await harness.open()
      const group = { id: 'group-1', strategy: 'round_robin', windowMs: hour } as const
      const askFor = (caller: string) =>
        state.select(aRequest({ group, isFirstChoice: true, sticky: { caller, ms: hour } }))
      const isSticky = async (caller: string, agentId: string | undefined) => {
        const answers = [await askFor(caller), await askFor(caller), await askFor(caller)]
        return answers.every((answer) => answer.agentId === agentId)
      }
      const one = await askFor('+1')
      const asDialled = await askFor('001*')
      const other = await askFor('+2')
      // Three agents take turns: whoever is forgotten gets another one.
      await askFor('+3')
      for (const token of ['a', 'b']) {
        const call = aCall({ id: token, tenantId, token, state: 'completed' })
        await state.exclusively(tenantId, token, () => state.saveCall(call))
      }
      await state.forgetCalls(tenantId, ['a'])
      await state.forgetCallers(tenantId, (caller) => ['+1', '001*'].includes(caller))
      expect(await state.loadCall(tenantId, 'a')).toBeUndefined()
      expect(await state.loadCall(tenantId, 'b')).toMatchObject({ id: 'b' })
      expect(await isSticky('+2', other.agentId)).toBe(true)
      expect(await isSticky('+1', one.agentId)).toBe(false)
      expect(await isSticky('001*', asDialled.agentId)).toBe(false)
      await state.close()
    })

    it('forgets a group, and no other', async () => {
      const harness = await aHarness()
      let state = await harness.open()
      const choicesOf = async (id: string) => (await state.groupState(tenantId, id, hour, now)).firstChoices.size
      for (const id of ['group-1', 'group-2'])
        await state.select(aRequest({ group: { id, strategy: 'round_robin', windowMs: hour } }))
      await state.forgetGroup(tenantId, 'group-1')
      await state.forgetGroup(tenantId, 'never-seen')
      expect([await choicesOf('group-1'), await choicesOf('group-2')]).toEqual([0, 3])
      await harness.crash()
      state = await harness.open()
      expect([await choicesOf('group-1'), await choicesOf('group-2')]).toEqual([0, 3])
      await state.close()
    })

    it('forgets a tenant, and nobody else', async () => {
      const harness = await aHarness()
      let state = await harness.open()
      const answer = { status: 200, body: 'x' }
      for (const owner of [tenantId, 'tenant-10']) {
        await state.select(aRequest({ tenantId: owner, leaseKey: 'held' }))
        await state.saveCall(aCall({ tenantId: owner, token: 'live', state: 'routing' }))
        await state.saveCall(aCall({ tenantId: owner, token: 'over', state: 'busy' }))
        await state.noteEvent(owner, 'live', 'e1')
        await state.saveAnswer(owner, 'k', answer)
      }
      await state.forgetTenant(tenantId)
      const left = async (owner: string) => [
        (await state.groupState(owner, 'group-1', hour, now)).firstChoices.size,
        (await state.activeCalls(owner, ['agent-1'], now)).get('agent-1'),
        (await state.loadCall(owner, 'live'))?.state,
        (await state.loadCall(owner, 'over'))?.state,
        (await state.loadAnswer(owner, 'k'))?.body,
      ]
      expect(await left(tenantId)).toEqual([0, 0, undefined, undefined, undefined])
      expect(await left('tenant-10')).toEqual([3, 1, 'routing', 'busy', 'x'])
      expect(await state.liveCallCount()).toBe(1)
      await harness.crash()
      state = await harness.open()
      expect((await state.groupState(tenantId, 'group-1', hour, now)).firstChoices.size).toBe(0)
      expect((await state.groupState('tenant-10', 'group-1', hour, now)).firstChoices.size).toBe(3)
      await state.close()
    })
  })
}
