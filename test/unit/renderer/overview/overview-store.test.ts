import { describe, expect, it } from 'vitest'
import { createOverviewStore } from '../../../../renderer/features/overview/overview-store.ts'
import type { CallRecord } from '../../../../shared/contract/calls.ts'

const call: CallRecord = {
  id: 'c1',
  tenantId: 't',
  token: 'token',
  direction: 'inbound',
  from: '+1',
  to: '+2',
  state: 'connecting',
  startedAtMs: 1,
  attemptCount: 1,
}
const decision = {
  id: 'd1',
  atMs: 1,
  target: { type: 'hangup' as const },
  explanation: { summary: 's', trigger: 'voice_request' as const, steps: [] },
}

describe('the overview', () => {
  it('takes calls and decisions of one batch together', () => {
    const store = createOverviewStore(() => 5)
    let changes = 0
    store.subscribe(() => (changes += 1))
    store.arrive([
      { type: 'call', call },
      { type: 'decision', row: { callId: 'c1', decision } },
    ])
    expect(changes).toBe(1)
    expect(store.getState().calls.rows.length).toBe(1)
    expect(store.getState().decisions.rows.length).toBe(1)
  })

  it('knows that nothing means nothing only once it has read', () => {
    const store = createOverviewStore(() => 5)
    expect(store.getState().isLoaded).toBe(false)
    store.load({ items: [] }, 4)
    expect(store.getState().isLoaded).toBe(true)
  })

  it('knows that there are more calls than were read', () => {
    const store = createOverviewStore(() => 5)
    store.load({ items: [call], total: 2 }, 4)
    expect(store.getState().calls.isCut).toBe(true)
    store.load({ items: [call], total: 1 }, 4)
    expect(store.getState().calls.isCut).toBe(false)
  })

  it('does not wake anybody for a sweep that moves nothing', () => {
    const store = createOverviewStore(() => 5)
    let changes = 0
    store.subscribe(() => (changes += 1))
    store.sweep()
    expect(changes).toBe(0)
  })
})
