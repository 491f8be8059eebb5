import { describe, expect, it } from 'vitest'
import { timelineOf } from '../../../../renderer/entities/timeline.ts'
import type { CallDetail } from '../../../../shared/contract/calls.ts'

const base: CallDetail = {
  id: 'c',
  tenantId: 't',
  token: 'x',
  direction: 'inbound',
  from: '+1',
  to: '+2',
  state: 'busy',
  startedAtMs: 0,
  attemptCount: 1,
  attempts: [],
  decisions: [],
  transitions: [],
  webhookEvents: [],
}
const webhook = (
  id: string,
  atMs: number,
  kind: 'voice_request' | 'session_update',
  reason?: string,
): CallDetail['webhookEvents'][number] => ({
  id,
  kind,
  atMs,
  outcome: reason === undefined ? 'applied' : 'ignored',
  status: 200,
  latencyMicros: 1,
  ...(reason === undefined ? {} : { reason }),
})

describe('the timeline of a call', () => {
  it('puts causes before effects within one millisecond', () => {
    const lines = timelineOf({
      ...base,
      transitions: [{ atMs: 5, event: 'dial', to: 'connecting' }],
      attempts: [{ n: 1, agentName: 'Vapi 3', startedAtMs: 5, endedAtMs: 9, result: 'busy' }],
      webhookEvents: [webhook('w', 5, 'voice_request')],
    })
    expect(lines.map((line) => line.title)).toEqual([
      'voice request',
      'connecting',
      'Attempt 1: dialling Vapi 3',
      'Attempt 1: Vapi 3, busy',
    ])
  })

  it('makes one line of states passed through at once', () => {
    const lines = timelineOf({
      ...base,
      transitions: [
        { atMs: 1, event: 'received', to: 'received' },
        { atMs: 1, event: 'enqueue', to: 'queued' },
        { atMs: 1, event: 'route', to: 'routing' },
      ],
    })
    expect(lines.map((line) => line.title)).toEqual(['received → queued → routing'])
  })

  it('counts what repeats itself', () => {
    const lines = timelineOf({
      ...base,
      webhookEvents: [1, 2, 3].map((n) => webhook(`w${n}`, n, 'session_update', 'the call is over')),
    })
    expect(lines).toMatchObject([
      { title: 'session update', detail: 'ignored: the call is over', times: 3, isIgnored: true },
    ])
  })

  it('says why an event changed nothing', () => {
    expect(timelineOf({ ...base, transitions: [{ atMs: 1, event: 'answered', ignored: 'late' }] })).toMatchObject([
      { title: 'answered', detail: 'ignored: late', isIgnored: true, state: undefined },
    ])
  })
})
