import { describe, expect, it, vi } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import { readLiveCalls } from '../../../server/operations/live-calls.ts'
import type { TenantInForce } from '../../../server/operations/tenant-directory.ts'
import { rememberUnsaved } from '../../../server/operations/unsaved-units.ts'
import type { UnitOfWork } from '../../../server/ports/call-store.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import type { CallRecord } from '../../../shared/contract/calls.ts'
import { aCall, aRoutingConfig } from '../../support/builders.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const inForce = {
  tenant: { id: 'tenant-1' },
  routing: aRoutingConfig({}),
  ruleName: () => undefined,
} as unknown as TenantInForce

const callOf = (n: number, state: Call['state'], revision: number): Call =>
  aCall({ id: `c${n}`, token: `t${n}`, state, revision, startedAtMs: n, attempts: [] })

/** A store that takes nothing while it is full, and takes its time while it is slow. */
const aStore = () => {
  const stored = new Map<string, Call>()
  const store = {
    isFull: false,
    slow: undefined as Promise<void> | undefined,
    append: async ({ call }: UnitOfWork) => {
      await store.slow
      if (store.isFull) throw new Error('disk full')
      if (call) stored.set(call.id, call)
    },
    backlog: () => 0,
    live: (_tenantId: string, limit: number) => {
      const open = [...stored.values()].filter(({ state }) => !isTerminal(state))
      const items = open.sort((a, b) => b.startedAtMs - a.startedAtMs) as unknown as CallRecord[]
      return Promise.resolve({ items: items.slice(0, limit), total: items.length })
    },
  }
  const nobody = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const log = rememberUnsaved(store, nobody, fakeClock())
  return {
    store,
    say: (call: Call, tenantId = 'tenant-1') => log.append({ tenantId, call }, 'written').catch(() => undefined),
    async live(limit = 10) {
      const { items, total } = await readLiveCalls(store, log, inForce, limit)
      return { calls: items.map(({ id, state }) => `${id} ${state}`), total }
    },
  }
}

describe('the calls that go on', () => {
  it('are those that were told of before it was asked, stored or on their way', async () => {
    const { store, say, live } = aStore()
    await say(callOf(1, 'connecting', 1))
    let write = (): void => undefined
    store.slow = new Promise((resolve) => (write = resolve))
    void say(callOf(1, 'completed', 2))
    void say(callOf(2, 'connected', 1))
    const asked = live()
    await new Promise(setImmediate)
    write()
    expect(await asked).toEqual({ calls: ['c2 connected'], total: 1 })
  })

  it('are told after a second however long the store takes', async () => {
    vi.useFakeTimers()
    try {
      const { store, say, live } = aStore()
      await say(callOf(1, 'connecting', 1))
      store.slow = new Promise(() => undefined)
      void say(callOf(2, 'connecting', 1))
      const asked = live()
      await vi.advanceTimersByTimeAsync(1000)
      expect(await asked).toEqual({ calls: ['c1 connecting'], total: 1 })
    } finally {
      vi.useRealTimers()
    }
  })

  it("are right while nothing can be stored, and no other tenant's", async () => {
    const { store, say, live } = aStore()
    for (let n = 1; n <= 4; n += 1) await say(callOf(n, 'connecting', 1))
    store.isFull = true
    await say(callOf(2, 'completed', 2))
    await say(callOf(4, 'failed', 2))
    await say(callOf(3, 'connected', 2))
    await say(callOf(5, 'connecting', 1))
    await say(callOf(6, 'connecting', 1), 'tenant-10')
    await say(callOf(7, 'busy', 1))
    expect(await live()).toEqual({ calls: ['c5 connecting', 'c3 connected', 'c1 connecting'], total: 3 })
    expect(await live(2)).toEqual({ calls: ['c5 connecting', 'c3 connected'], total: 3 })
    store.isFull = false
    await say(callOf(5, 'completed', 2))
    expect(await live()).toEqual({ calls: ['c3 connected', 'c1 connecting'], total: 2 })
  })
})
