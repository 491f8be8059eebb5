import { describe, expect, it, vi } from 'vitest'
import { createEmbeddedRuntimeState } from '../../../server/adapters/memory/embedded-runtime-state.ts'
import { createEventBus } from '../../../server/adapters/memory/event-bus.ts'
import { closeLostCalls, toOpenCircuits } from '../../../server/operations/recovery.ts'
import type { TenantInForce } from '../../../server/operations/tenant-directory.ts'
import type { WebhookDeps } from '../../../server/operations/webhooks/context.ts'
import type { ControlPlaneEvent } from '../../../shared/contract/events.ts'
import { aCall, anAttempt, aRoutingConfig } from '../../support/builders.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { recordingJournal } from '../../support/recording-journal.ts'

const now = 1_767_268_800_000
const agent = { kind: 'agent', id: 'agent-a' } as const
const provider = { kind: 'provider', id: 'vapi' } as const
const inForce = {
  tenant: { settings: {} },
  routing: aRoutingConfig({ timeLimitSeconds: 600 }),
  ruleName: () => undefined,
} as unknown as TenantInForce
const directory = { byId: (id: string) => (id === 'tenant-1' ? inForce : undefined) }

/** A call that has rung for 5 of 20 seconds. */
const ringing = (over: Parameters<typeof anAttempt>[0] = {}, state: 'connecting' | 'connected' = 'connecting') =>
  aCall({
    token: 'trial',
    state,
    updatedAtMs: now - 1000,
    attempts: [anAttempt({ startedAtMs: now - 5000, leaseUntilMs: now + (15 + 600 + 60) * 1000, ...over })],
  })
const changed = (to: 'open' | 'half_open', atMs: number, subject: typeof agent | typeof provider = agent) => ({
  tenantId: 'tenant-1',
  change: { atMs, subject, from: 'closed' as const, to, reason: '3 failed in a row' },
})

describe('circuits that were open when the process of before ended', () => {
  it('are tried when they have cooled off, whatever the clock was set to meanwhile', () => {
    const open = [changed('open', now - 10_000), changed('open', now + 86_400_000)]
    expect(toOpenCircuits(open, [], directory, now)).toMatchObject([
      { subject: agent, reason: '3 failed in a row', openedAtMs: now - 10_000, retryAtMs: now + 20_000, trials: [] },
      { openedAtMs: now, retryAtMs: now + 30_000 },
    ])
    const nobodys = { ...changed('half_open', now), tenantId: 'tenant-2' }
    expect(toOpenCircuits([nobodys], [], directory, now)).toMatchObject([{ retryAtMs: now + 30_000, trials: [] }])
  })

  it('know the trials that go on', () => {
    const trial = { key: 'trial\n1', untilMs: now + 25_000 }
    const at = (
      atMs: number,
      calls: Parameters<typeof toOpenCircuits>[1],
      subject: typeof agent | typeof provider = agent,
    ) => toOpenCircuits([changed('half_open', atMs, subject)], calls, directory, now)[0]?.trials
    expect(at(now - 5000, [ringing()])).toEqual([trial])
    expect(at(now - 5000, [ringing()], provider)).toEqual([trial])
    expect(at(now - 5000, [ringing({}, 'connected')])).toEqual([{ ...trial, answeredAtMs: now - 1000 }])
    expect(at(now - 4999, [ringing()])).toEqual([])
    expect(at(now - 5000, [ringing({ agentId: 'agent-b' }), ringing({ endedAtMs: now })])).toEqual([])
    expect(at(now - 5000, [{ ...ringing(), tenantId: 'tenant-2' }])).toEqual([])
    const later = { ...ringing({ startedAtMs: now - 3000 }), token: 'later' }
    expect(at(now - 5000, [later, ringing()])?.map(({ key }) => key)).toEqual(['trial\n1', 'later\n1'])
    expect(toOpenCircuits([changed('open', now - 5000)], [ringing()], directory, now)[0]?.trials).toEqual([])
  })
})

it('a trial that is lost leaves its circuit open, which is told', async () => {
  const call = { ...ringing(), deadlineMs: now }
  const runtime = await createEmbeddedRuntimeState(
    recordingJournal(),
    [call],
    toOpenCircuits([changed('half_open', now - 5000)], [call], directory, now),
  )
  const events = createEventBus()
  const told: ControlPlaneEvent[] = []
  events.subscribe((event) => told.push(event))
  const append = vi.fn(() => Promise.resolve())
  const clock = fakeClock(now)
  const deps = { runtime, events, clock, directory, callLog: { append } } as unknown as WebhookDeps
  expect(await closeLostCalls(deps)).toBe(1)
  const change = { atMs: now, subject: agent, from: 'half_open', to: 'open', reason: '3 failed in a row' }
  expect(append).toHaveBeenCalledWith(expect.objectContaining({ circuitChanges: [change] }), 'written')
  expect(told).toMatchObject([
    { name: 'agent.circuitChanged', payload: { tenantId: 'tenant-1', change } },
    { name: 'call.ended' },
  ])
})
