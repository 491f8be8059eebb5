import { describe, expect, it } from 'vitest'
import { callBefore } from '../../../../server/domain/calls/call-before.ts'
import type { Call } from '../../../../server/domain/calls/call.ts'
import type { Transition } from '../../../../server/domain/calls/call-progress.ts'

const attempt = (n: number) => ({
  n,
  decisionId: `d${n}`,
  agentId: `a${n}`,
  startedAtMs: n,
  endedAtMs: n + 1,
  result: 'busy' as const,
  leaseUntilMs: 9,
})
const call: Call = {
  id: 'c',
  tenantId: 't',
  token: 'x',
  direction: 'inbound',
  from: '+1',
  to: '+2',
  state: 'completed',
  disposition: 'answered',
  startedAtMs: 1,
  answeredAtMs: 5,
  endedAtMs: 8,
  talkSeconds: 3,
  attempts: [attempt(1), attempt(2)],
  deadlineMs: 9,
  cdrHash: 'h',
  corrected: true,
  updatedAtMs: 9,
  revision: 7,
}
const transitions: Transition[] = [
  { atMs: 1, event: 'received', to: 'received' },
  { atMs: 1, event: 'route', from: 'received', to: 'routing' },
  { atMs: 1, event: 'dial', from: 'routing', to: 'connecting' },
  { atMs: 2, event: 'dial-failed', from: 'connecting', to: 'routing' },
  { atMs: 2, event: 'dial', from: 'routing', to: 'connecting' },
  { atMs: 5, event: 'answered', from: 'connecting', to: 'connected' },
  { atMs: 8, event: 'cdr-failed', from: 'connected', to: 'failed' },
  { atMs: 9, event: 'cdr-answered (correction)', from: 'failed', to: 'completed' },
  { atMs: 9, event: 'cdr-busy', from: 'completed', ignored: 'the outcome was corrected once already' },
]

describe('a call as it was before', () => {
  it('is none before its first transition, nor where nothing ever happened to it', () => {
    expect(callBefore(call, transitions, 0)).toBeUndefined()
    expect(callBefore(call, [{ atMs: 1, event: 'cdr-busy', ignored: 'no' }], 1)).toBeUndefined()
  })

  it('has the attempts of then, of which the newest goes on while it is dialled', () => {
    const first = callBefore(call, transitions, 3)
    expect(first).toMatchObject({ state: 'connecting', revision: 7 })
    expect(first?.attempts).toEqual([{ ...attempt(1), endedAtMs: undefined, result: undefined }])
    expect(callBefore(call, transitions, 4)).toMatchObject({ state: 'routing', attempts: [attempt(1)] })
    expect(callBefore(call, transitions, 5)?.attempts).toEqual([
      attempt(1),
      { ...attempt(2), endedAtMs: undefined, result: undefined },
    ])
  })

  it('knows nothing of how it ended, and its answer once it was answered', () => {
    const ended = { disposition: undefined, endedAtMs: undefined, talkSeconds: undefined }
    expect(callBefore(call, transitions, 5)).toMatchObject({ ...ended, answeredAtMs: undefined, cdrHash: undefined })
    expect(callBefore(call, transitions, 6)).toMatchObject({ ...ended, state: 'connected', answeredAtMs: 5 })
  })

  it('knows which CDRs came before', () => {
    const hash = expect.stringMatching('before') as string
    expect(callBefore(call, transitions, 7)).toMatchObject({ state: 'failed', cdrHash: hash, corrected: undefined })
    expect(callBefore(call, transitions, 8)).toMatchObject({ state: 'completed', cdrHash: hash, corrected: true })
    expect(callBefore(call, transitions, 9)).toMatchObject({ disposition: 'answered', endedAtMs: 8, corrected: true })
  })
})
