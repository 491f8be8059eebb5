import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite, dialled, newToken, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const tell = async (token: string, update: Record<string, unknown>) => {
  const { status, body } = await test.webhook(`${site.base}/session`, {
    token,
    modifiedAt: '2026-01-01T12:00:00Z',
    ...update,
  })
  expect({ status, body }).toEqual({ status: 200, body: { ok: true } })
}
const lastEvent = async (token: string) => {
  const { body } = await test.api<{ items: { outcome: string; reason?: string }[] }>(
    'GET',
    `${site.path}/webhook-events?token=${token}`,
  )
  return body.items[0]
}
const endedAt = 1_767_268_869_400

describe('the end of a session closes a call whose dial goes on', () => {
  it.each([
    [{ status: 'busy' }, 'busy', 'busy', 'busy'],
    [{ status: 'NoAnswer' }, 'no_answer', 'no_answer', 'no_answer'],
    [{ status: 'cancelled' }, 'no_answer', 'cancelled', 'cancelled'],
    [{ status: 'congestion' }, 'failed', 'failed', 'failed'],
    [{ status: 'error', lastError: 'unreachable' }, 'failed', 'failed', 'failed'],
    [{ status: 'nocredit' }, 'failed', 'failed', 'failed'],
    [
      { status: 'connected', callAnswerTime: endedAt - 5000, callEndTime: endedAt },
      'completed',
      'answered',
      'answered',
    ],
    [{ status: 'processing', callEndTime: String(endedAt) }, 'no_answer', 'cancelled', 'cancelled'],
  ])('%j', async (update, state, disposition, result) => {
    const token = newToken()
    await site.ask(token)
    await tell(token, update)
    const call = await site.call(token)
    expect(call).toMatchObject({ state, disposition })
    expect(call.attempts).toMatchObject([{ n: 1, result }])
    if ('lastError' in update) expect(call.reason).toBe('unreachable')
  })

  it.each([
    { status: 'completed' },
    { status: 'hangup', callAnswerTime: 0 },
    { status: 'cancel' },
    { status: 'connected', callEndTime: endedAt },
    { status: 'processing', callEndTime: endedAt },
  ])('and with %j one that was answered is completed, with or without its answer time', async (update) => {
    const token = newToken()
    await site.ask(token)
    await tell(token, { status: 'answer', callAnswerTime: endedAt - 5000 })
    await tell(token, { ...update, eventId: `end-${token}` })
    const call = await site.call(token)
    expect(call).toMatchObject({ state: 'completed', disposition: 'answered', answeredAtMs: endedAt - 5000 })
    expect(call.attempts).toMatchObject([{ n: 1, result: 'answered' }])
  })

  it.each([
    ['busy', 'busy'],
    ['no-answer', 'no_answer'],
    ['error', 'failed'],
  ])('and by %s one that seemed to be answered has failed, its disposition is %s', async (status, disposition) => {
    const token = newToken()
    await site.ask(token)
    await tell(token, { status: 'answer', callAnswerTime: endedAt - 5000 })
    await tell(token, { status, eventId: `end-${token}` })
    expect(await site.call(token)).toMatchObject({ state: 'failed', disposition })
  })

  it('and gives its slot back once', async () => {
    const { body: agent } = await test.api<{ id: string }>('POST', `${site.path}/voice-agents`, {
      name: 'One at a time',
      provider: 'vapi',
      value: '+12025550188',
      maxConcurrentCalls: 1,
    })
    await test.api('POST', `${site.path}/inbound-rules`, {
      pattern: '+12025550157',
      target: { type: 'agent', id: agent.id },
    })
    const [first, second] = [newToken(), newToken()]
    expect(await site.ask(first, '+12025550157')).toContain('+12025550188')
    expect(await site.ask(second, '+12025550157')).toContain('<Reject reason="congestion"/>')
    await tell(first, { status: 'busy' })
    const third = newToken()
    const document = await site.ask(third, '+12025550157')
    expect(document).toContain('+12025550188')
    // Late and twice: the slot is the third call's by now.
    await test.webhook(`${site.base}/cdr`, { session: { token: first }, disposition: 'BUSY' })
    expect(await site.ask(newToken(), '+12025550157')).toContain('<Reject reason="congestion"/>')
    await site.report(third, document, 'answered', '+12025550157')
    expect(await site.ask(newToken(), '+12025550157')).toContain('+12025550188')
  })
})

describe('an answer that comes late', () => {
  /** A call that rings at its second agent, some time after its first was answered. */
  const failedOver = async () => {
    const token = newToken()
    const first = await site.ask(token)
    await tell(token, { status: 'answer', callAnswerTime: Date.now() - 60_000 })
    const second = await site.report(token, first, 'failed')
    expect(dialled(second)).toBe('+12025550172')
    return { token, second }
  }
  const ofBefore = () => Date.now() - 60_000

  it.each([
    ['its answer time', () => ({ callAnswerTime: ofBefore(), modifiedAt: new Date().toISOString() })],
    ['its time of change', () => ({ modifiedAt: new Date(ofBefore()).toISOString() })],
  ])('is not taken for one of the next attempt, by %s', async (_name, times) => {
    const { token, second } = await failedOver()
    await tell(token, { status: 'connected', eventId: `late-${token}`, ...times() })
    expect(await lastEvent(token)).toMatchObject({
      outcome: 'ignored',
      reason: 'the answer is older than attempt 2; it was for an earlier one',
    })
    expect((await site.call(token)).state).toBe('connecting')
    await site.report(token, second, 'canceled')
    expect(await site.call(token)).toMatchObject({ state: 'no_answer', disposition: 'cancelled' })
  })

  it('makes no conversation of an end that nobody answered', async () => {
    const { token } = await failedOver()
    await tell(token, { status: 'completed', callAnswerTime: ofBefore(), eventId: `end-${token}` })
    expect(await site.call(token)).toMatchObject({ state: 'no_answer', disposition: 'cancelled' })
  })

  it('is one of the next attempt when it is younger, or nothing tells its age', async () => {
    for (const times of [{ callAnswerTime: Date.now() + 60_000 }, { modifiedAt: null }]) {
      const { token } = await failedOver()
      await tell(token, { status: 'connected', eventId: `next-${token}`, ...times })
      expect((await site.call(token)).state).toBe('connected')
    }
  })
})

describe('updates that change nothing are kept with the reason', () => {
  it('for a token nobody knows', async () => {
    const token = newToken()
    await tell(token, { status: 'ringing' })
    expect(await lastEvent(token)).toMatchObject({ outcome: 'ignored', reason: 'no call has this token' })
  })
  it('while it rings, and without a status', async () => {
    const token = newToken()
    await site.ask(token)
    await tell(token, { status: 'Ringing' })
    expect(await lastEvent(token)).toMatchObject({ outcome: 'ignored', reason: 'status Ringing changes nothing' })
    await tell(token, {})
    expect(await lastEvent(token)).toMatchObject({ reason: 'status (none) changes nothing' })
  })
  it('the same event a second time', async () => {
    const token = newToken()
    await site.ask(token)
    const update = { eventId: `e-${token}`, status: 'answer', callAnswerTime: endedAt }
    await tell(token, update)
    await tell(token, update)
    expect(await lastEvent(token)).toMatchObject({ outcome: 'duplicate' })
    expect((await site.call(token)).transitions.filter(({ event }) => event === 'answered')).toHaveLength(1)
    await tell(token, { ...update, eventId: `f-${token}` })
    expect(await lastEvent(token)).toMatchObject({
      outcome: 'ignored',
      reason: 'answered means nothing while the call is connected',
    })
  })
  it('after the call is over', async () => {
    const token = newToken()
    await site.ask(token)
    await tell(token, { status: 'busy' })
    await tell(token, { status: 'answer' })
    expect(await lastEvent(token)).toMatchObject({ outcome: 'ignored', reason: 'the call is over (busy)' })
  })
  it('during an announcement: the caller was answered, but by nobody', async () => {
    await test.api('POST', `${site.path}/inbound-rules`, {
      pattern: '+12025550158',
      target: { type: 'message', value: 'We are closed.' },
    })
    const token = newToken()
    expect(await site.ask(token, '+12025550158')).toContain('<Say language="en-US">We are closed.</Say><Hangup/>')
    await tell(token, { status: 'answer', callAnswerTime: endedAt })
    expect(await lastEvent(token)).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('announcement') as unknown,
    })
    await tell(token, { status: 'connected', callEndTime: endedAt })
    expect(await lastEvent(token)).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('the CDR closes') as unknown,
    })
    await test.webhook(`${site.base}/cdr`, { session: { token }, disposition: 'ANSWER', billsec: 4 })
    expect(await site.call(token)).toMatchObject({ state: 'completed', disposition: 'answered', attemptCount: 0 })
  })
})
