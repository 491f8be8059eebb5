import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallDetail } from '../../../shared/contract/calls.ts'
import type { WebhookEvent } from '../../../shared/contract/webhook-events.ts'
import type { WebhookDifference, WebhookReplay } from '../../../shared/contract/webhook-inspector.ts'
import { databaseRows } from '../../support/database-rows.ts'
import { actionOf, createSite, dialResult, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { webhookApiKey: 'the-key-of-the-webhooks', settings: { webhookAuth: {} } })
})
afterAll(() => test.close())

const fixture = (name: string, token: string): Record<string, unknown> =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/cloudonix', name), 'utf8').replaceAll(
      /"(token|CallSid|Session)": "[0-9a-f]{32}"/g,
      `"$1": "${token}"`,
    ),
  ) as Record<string, unknown>

const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  test.api<T>(method, `${site.path}${path}`, body)
const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  test.webhook(path.startsWith('/voice') ? path : `${site.base}${path}`, body, {
    authorization: 'Bearer the-key-of-the-webhooks',
    ...headers,
  })
const eventsOf = async (token: string): Promise<WebhookEvent[]> =>
  (await api<{ items: WebhookEvent[] }>('GET', `/webhook-events?token=${token}`)).body.items.toReversed()
const replay = async (id: string): Promise<WebhookReplay> => {
  const { status, body, text } = await api<WebhookReplay>('POST', `/webhook-events/${id}/replay`, { mode: 'dry' })
  if (status !== 200) throw new Error(text)
  return body
}

/** A call that fails over once, is answered, and whose CDR comes before its last dial result. */
const playCall = async (token: string): Promise<CallDetail> => {
  const first = (await send('/application', voiceRequest(token, numberOf.priority))).text
  await send('/session', fixture('session-ringing.json', token))
  const second = (await send(actionOf(first), dialResult(token, 'busy', numberOf.priority))).text
  await send('/session', { token, status: 'answer', eventId: 'e2', callAnswerTime: Date.now() })
  await send('/cdr', fixture('cdr-answered.json', token))
  await send(actionOf(second), dialResult(token, 'completed', numberOf.priority))
  return site.call(token)
}

const bare = ({ event, from, to, ignored }: CallDetail['transitions'][number]) => ({ event, from, to, ignored })

describe('a dry replay', () => {
  it('of every event of a call tells, with nothing changed, what came of it then', async () => {
    const token = newToken()
    const call = await playCall(token)
    expect(call.state).toBe('completed')
    const events = await eventsOf(token)
    expect(events).toHaveLength(6)
    const replays: WebhookReplay[] = []
    for (const { id } of events) replays.push(await replay(id))
    expect(replays.flatMap(({ transitions }) => transitions.map(bare))).toEqual(call.transitions.map(bare))
    expect(replays.map(({ outcome }) => outcome)).toEqual(events.map(({ outcome }) => outcome))
    expect(replays.map(({ found }) => found?.state)).toEqual([
      undefined,
      'connecting',
      'connecting',
      'connecting',
      'connected',
      'completed',
    ])
    expect(replays.map(({ differences }) => differences)).toEqual(events.map(() => []))
    expect(replays[0]).toMatchObject({
      mode: 'dry',
      read: { token, from: { number: '+12025550123' }, to: { number: numberOf.priority } },
      decision: { agentId: site.agents[0]?.id, attempt: 1 },
      explanation: { trigger: 'voice_request', summary: expect.stringContaining('Agent 1') as string },
      then: { outcome: 'applied', status: 200 },
      notes: [],
    })
    expect(replays[1]?.read).toMatchObject({ status: 'ringing' })
    expect(replays[2]).toMatchObject({
      read: { result: 'busy' },
      decision: { agentId: site.agents[1]?.id, attempt: 2 },
      notes: [expect.stringContaining('signed state') as string],
    })
    expect(replays[4]?.read).toMatchObject({ disposition: 'answered', talkSeconds: 63 })
  })

  it('of an event that an earlier version stored finds the call by the time', async () => {
    const token = newToken()
    await playCall(token)
    const db = new Database(join(test.dataDir, 'switchyard.db'))
    const stored = db
      .prepare<[string], { no: number; before: number | null }>(
        'SELECT no, transitions_before AS before FROM webhook_audit WHERE token = ? ORDER BY no',
      )
      .all(token)
    const moveEvent = db.prepare(
      'UPDATE webhook_audit SET at_ms = ?, latency_micros = 500, transitions_before = NULL WHERE no = ?',
    )
    const moveTransitions = db.prepare(
      'UPDATE call_transitions SET at_ms = ? WHERE n > ? AND call_no = (SELECT no FROM call_records WHERE token = ?)',
    )
    for (const [i, { no, before }] of stored.entries()) {
      const atMs = 1_767_268_800_000 + i * 1000
      moveEvent.run(atMs + 1, no)
      if (before !== null) moveTransitions.run(atMs, before, token)
    }
    db.close()
    const states: (string | undefined)[] = []
    for (const { id } of await eventsOf(token)) states.push((await replay(id)).found?.state)
    expect(states).toEqual([undefined, 'connecting', 'connecting', 'connecting', 'connected', 'completed'])
  })

  it('changes nothing, however often', async () => {
    const token = newToken()
    const first = (await send('/application', voiceRequest(token, numberOf.round_robin))).text
    await send('/session', fixture('session-answer.json', token))
    await send(actionOf(first), dialResult(token, 'no-answer', numberOf.round_robin))
    await site.call(token)
    const events = await eventsOf(token)
    const look = async () => ({
      rows: await databaseRows(test.dataDir),
      live: (await api('GET', '/calls/live')).body,
      agents: (await api('GET', '/voice-agents')).body,
      groups: await Promise.all(
        Object.values(site.groups).map(async ({ id }) => (await api('GET', `/agent-groups/${id}/distribution`)).body),
      ),
      duplicates: (await api('GET', '/idempotency')).body,
      counters: ((await test.api('GET', '/system/health')).body as { counters: object }).counters,
    })
    const before = await look()
    for (let n = 0; n < 50; n += 1) for (const { id } of events) await replay(id)
    expect(await look()).toEqual(before)
    // And the call goes on as if nobody had looked.
    expect((await send('/cdr', fixture('cdr-answered.json', token))).status).toBe(200)
    expect((await site.call(token)).state).toBe('completed')
  })

  it('says what another configuration would answer', async () => {
    const token = newToken()
    await send('/application', voiceRequest(token, '+12025550142'))
    const [event] = await eventsOf(token)
    expect(await replay(event!.id)).toMatchObject({ differences: [] })
    const rule = await api<{ id: string }>('POST', '/inbound-rules', {
      name: 'New',
      pattern: '+12025550142',
      target: { type: 'agent', id: site.agents[2]?.id },
    })
    const { differences, decision, answer, then } = await replay(event!.id)
    expect(decision).toMatchObject({ agentId: site.agents[2]?.id, ruleId: rule.body.id })
    expect(then.answer).toContain('<Reject')
    expect(answer).toContain('<Service')
    expect(answer).toContain('?s=***')
    expect(differences).toContainEqual({
      path: '/answer/2',
      before: '<Reject reason="congestion"/>',
      after: expect.stringContaining('<Dial') as string,
    })
  })

  it('reads what nobody could read, or was not let in, or came twice, and says so', async () => {
    const token = newToken()
    await send('/session', '{"token": "x')
    await send('/session', { noToken: true })
    await send('/application', voiceRequest(token, numberOf.priority), { authorization: 'Bearer wrong' })
    await send('/application', voiceRequest(token, numberOf.priority))
    await send('/application', voiceRequest(token, numberOf.priority))
    const { items } = (await api<{ items: WebhookEvent[] }>('GET', '/webhook-events?limit=5')).body
    const [twice, , refusedOne, tokenless, broken] = items
    expect(await replay(broken!.id)).toMatchObject({ outcome: 'unreadable', then: { outcome: 'unreadable' } })
    expect(await replay(tokenless!.id)).toMatchObject({
      outcome: 'unreadable',
      reason: expect.stringMatching('token') as string,
    })
    expect(refusedOne).toMatchObject({ outcome: 'refused' })
    expect(await replay(refusedOne!.id)).toMatchObject({
      outcome: 'applied',
      decision: { agentId: site.agents[0]?.id },
      notes: [expect.stringContaining('credentials') as string],
    })
    expect(await replay(twice!.id)).toMatchObject({
      differences: [],
      notes: [expect.stringContaining('before') as string],
    })
    await send('/cdr', fixture('cdr-busy.json', token))
  })

  it('reads forms and query strings', async () => {
    const token = newToken()
    const form = new URLSearchParams({ CallSid: token, From: '+12025550123', To: numberOf.priority }).toString()
    await send('/application', form, { 'content-type': 'application/x-www-form-urlencoded' })
    const [event] = await eventsOf(token)
    expect((await replay(event!.id)).read).toMatchObject({ token, to: { number: numberOf.priority } })
    await send('/cdr', fixture('cdr-busy.json', token))
  })

  it('is the only one there is, of an event that is there', async () => {
    const [event] = (await api<{ items: WebhookEvent[] }>('GET', '/webhook-events?limit=1')).body.items
    const live = await api('POST', `/webhook-events/${event!.id}/replay`, { mode: 'live' })
    expect(live.status).toBe(400)
    expect(live.text).toContain('must be one of \\"dry\\"')
    expect((await api('POST', '/webhook-events/nobody/replay', { mode: 'dry' })).status).toBe(404)
  })
})

describe('the diff of two webhook events', () => {
  const diff = (id: string, other: string) =>
    api<{ items: WebhookDifference[]; total: number }>('GET', `/webhook-events/${id}/diff?with=${other}`)

  it('names the fields that differ in headers, payload and answer', async () => {
    const token = newToken()
    await send('/application', fixture('voice-request-inbound.json', token), { 'x-cx-stageid': 'a1' })
    await send('/session', fixture('session-ringing.json', token))
    await send('/session', fixture('session-answer.json', token))
    const [voice, ringing, answer] = await eventsOf(token)
    const { body } = await diff(ringing!.id, answer!.id)
    expect(body.total).toBe(body.items.length)
    expect(body.items).toContainEqual({ path: '/payload/status', before: 'ringing', after: 'answer' })
    expect(body.items.map(({ path }) => path.split('/')[1])).not.toContain('answer')
    const other = (await diff(voice!.id, answer!.id)).body.items
    expect(other).toContainEqual({ path: '/headers/x-cx-stageid', before: 'a1' })
    expect(other.some(({ path }) => path.startsWith('/answer'))).toBe(true)
    expect((await diff(voice!.id, voice!.id)).body).toEqual({ items: [], total: 0 })
    expect((await diff(voice!.id, 'nobody')).status).toBe(404)
  })

  it('takes JSON and a form with the same fields for the same, and shows no secret', async () => {
    const [one, other] = [newToken(), newToken()]
    const fields = voiceRequest(one, '+12025550188')
    await send('/application', { ...fields, SessionData: { token: one, password: 'secret-one' } })
    const form = new URLSearchParams({
      ...(fields as Record<string, string>),
      CallSid: other,
      SessionData: JSON.stringify({ token: one, password: 'secret-two' }),
    }).toString()
    await send('/application', form, { 'content-type': 'application/x-www-form-urlencoded' })
    const { body, text } = await diff((await eventsOf(one))[0]!.id, (await eventsOf(other))[0]!.id)
    expect(body.items.filter(({ path }) => path.startsWith('/payload'))).toEqual([
      { path: '/payload/CallSid', before: one, after: other },
    ])
    expect(text).not.toMatch(/secret-|the-key/)
  })
})

describe('the dialect of webhooks', () => {
  interface Finding {
    field: string
    value: string
    count: number
    kind: string
    firstSeenMs: number
    lastSeenMs: number
    webhookEventId: string
  }
  const findings = async () => (await api<{ items: Finding[] }>('GET', '/webhook-events/dialect')).body.items

  it('is counted, with a sample, survives a restart, and is reset', async () => {
    const token = newToken()
    await api('DELETE', '/webhook-events/dialect')
    const update = (eventId: string, more: object) => send('/session', { token, eventId, status: 'ringing', ...more })
    await update('1', { colour: 'red' })
    await update('2', { colour: 'blue', direction: 'sideways', '+12025550123': 1, 'the-key-of-the-webhooks': 1 })
    const [, second] = await eventsOf(token)
    const found = await findings()
    const seen = found.map(({ field, value, count }) => [field, value, count])
    expect(seen.sort()).toEqual([
      ['(other)', '', 2],
      ['colour', '', 2],
      ['direction', 'sideways', 1],
    ])
    expect(found.find(({ field }) => field === 'colour')).toMatchObject({
      kind: 'session_update',
      webhookEventId: second?.id,
    })
    expect((await test.api('GET', '/system/health')).text).toContain('"dialectFindings":')

    await update('3', { colour: 'green' })
    await test.restart()
    expect((await findings()).find(({ field }) => field === 'colour')?.count).toBe(3)
    expect((await api('DELETE', '/webhook-events/dialect')).body).toEqual({ forgotten: 3 })
    expect(await findings()).toEqual([])
  })

  it('is kept within bounds', async () => {
    const letters = (n: number) => String(n).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))
    for (let n = 0; n < 40; n += 1) {
      const names = Array.from({ length: 20 }, (_, i) => [`f${letters(n * 20 + i)}`, 1] as const)
      await send('/session', { ...Object.fromEntries(names), token: newToken() })
      if (n % 5 === 4) await findings()
    }
    const found = await findings()
    expect(found).toHaveLength(501)
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(800)
    expect(found.find(({ field }) => field === '(other)')?.count).toBe(300)
  })
})
