import { expect, it } from 'vitest'
import { createSharedRuntimeState, type SharedStateParts } from '../../../server/adapters/redis/shared-runtime-state.ts'
import { aCall } from '../../support/builders.ts'

/** A node whose Redis is not there. */
const aloneWith = (local: unknown, stored: unknown) => {
  const parts = {
    client: { fault: () => undefined, close: async () => undefined },
    remote: { beginAnew: () => undefined },
    nodes: {
      place: () => ({ index: 0, count: 1 }),
      enter: async () => undefined,
      goAlone: () => undefined,
      meet: () => new Promise(() => undefined),
      longestMeetingMs: 1,
      leave: async () => undefined,
    },
    lock: (_key: string, work: () => Promise<unknown>) => work(),
    inFlight: async () => [],
    find: async () => stored,
    openLocal: async () => ({ loadCall: async () => local }),
    openCircuits: async () => [],
    newId: () => 'id',
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onLost: () => undefined,
    onBack: () => undefined,
    steadyMs: () => 0,
  }
  return createSharedRuntimeState(parts as unknown as SharedStateParts)
}

it('takes what is stored of a call before what it knows itself, where neither is newer', async () => {
  const local = aCall({ state: 'connected', revision: 5 })
  const stored = aCall({ state: 'completed', revision: 5 })
  const load = async (known: unknown, found: unknown) => {
    const state = await aloneWith(known, found)
    const call = await state.loadCall('tenant-1', local.token)
    await state.close()
    return call
  }
  expect(await load(local, stored)).toBe(stored)
  expect(await load({ ...local, revision: 6 }, stored)).toMatchObject({ state: 'connected' })
  expect(await load(local, undefined)).toBe(local)
  expect(await load(undefined, stored)).toBe(stored)
})
