import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCxml } from '../../support/cxml-check.ts'
import { allSettled } from '../../support/settled.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const key = 'the-domain-request-key'
let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { webhookApiKey: key })
})
afterAll(() => test.close())

const bearer = { authorization: `Bearer ${key}` }
const rejected = '<Response><Reject reason="rejected"/></Response>'

describe('voice requests that cannot be served are rejected with HTTP 200 and a document', () => {
  const token = 'f'.repeat(32)
  const cases: [string, string, unknown, Record<string, string>][] = [
    ['unknown tenant key', '/voice/nobody/application', voiceRequest(token, '+1'), bearer],
    ['missing Bearer', 'application', voiceRequest(token, '+1'), {}],
    ['wrong Bearer', 'application', voiceRequest(token, '+1'), { authorization: 'Bearer wrong' }],
    ['unreadable JSON', 'application', '{"CallSid": "abc', bearer],
    [
      '2 MiB body',
      'application',
      JSON.stringify({ ...voiceRequest(token, '+1'), more: 'x'.repeat(2 * 1024 * 1024) }),
      bearer,
    ],
    ['a token of 4000 characters', 'application', voiceRequest('a'.repeat(4000), '+1'), bearer],
    ['an empty array', 'application', [], bearer],
    ['null', 'application', 'null', bearer],
    ['no token', 'application', { From: '+1', To: '+2' }, bearer],
  ]
  it.each(cases)('%s', async (_name, path, body, headers) => {
    const { status, text } = await test.webhook(path.startsWith('/') ? path : `${site.base}/${path}`, body, headers)
    expect(status).toBe(200)
    expect(text).toContain(rejected)
    expect(checkCxml(text)).toEqual([])
  })

  it.each(['inbound', 'INBOUND', 'sideways', '', undefined])('direction %s is routed', async (direction) => {
    const body = { ...voiceRequest(newToken(), numberOf.priority), Direction: direction }
    expect((await test.webhook(`${site.base}/application`, body, bearer)).text).toContain('<Dial ')
  })

  it.each(['null', '[]', `[${JSON.stringify({ Direction: 'inbound' })}]`])(
    'reads the query beneath %s',
    async (body) => {
      const token = newToken()
      const query = new URLSearchParams({ CallSid: token, From: '+12025550199', To: numberOf.priority })
      const { text } = await test.webhook(`${site.base}/application?${query.toString()}`, body, bearer)
      expect(text).toContain('<Dial ')
      expect(await site.call(token)).toMatchObject({ from: '+12025550199' })
    },
  )

  it('reads a list of one, nulls, and SessionData as text', async () => {
    const token = newToken()
    const body = [
      {
        CallSid: null,
        Session: '',
        From: null,
        To: numberOf.priority,
        SessionData: JSON.stringify({ token, callerId: '+12025550199' }),
      },
    ]
    expect((await test.webhook(`${site.base}/application`, body, bearer)).text).toContain('<Dial ')
    expect(await site.call(token)).toMatchObject({ from: '+12025550199' })
  })
})

describe('session updates and CDRs that cannot be served say why', () => {
  it('404 for an unknown key, 401 for a wrong credential, 400 unreadable, 413 too large', async () => {
    const token = newToken()
    expect(await test.webhook('/voice/nobody/cdr', { token })).toMatchObject({ status: 404 })
    expect(await test.webhook(`${site.base}/cdr`, { token }, { authorization: 'Bearer wrong' })).toMatchObject({
      status: 401,
    })
    expect(await test.webhook(`${site.base}/session`, '{"token"')).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_INPUT' } },
    })
    expect(await test.webhook(`${site.base}/session`, { status: 'new' })).toMatchObject({ status: 400 })
    expect(await test.webhook(`${site.base}/session`, { token: 'a'.repeat(4000) })).toMatchObject({ status: 400 })
    expect(
      await test.webhook(`${site.base}/cdr`, JSON.stringify({ token, x: 'y'.repeat(2 * 1024 * 1024) })),
    ).toMatchObject({ status: 413 })
    expect(await test.webhook(`${site.base}/session`, { token, status: 'new' })).toMatchObject({
      status: 200,
      body: { ok: true },
    })
  })

  it.each([
    ['a duration in parts of a second', 12.3456, 12.3456],
    ['a duration of ages', 1e300, undefined],
    ['a duration of nonsense', 'soon', undefined],
  ])('%s is stored and counted', async (_what, duration, durationSeconds) => {
    const token = newToken()
    const timestamp = Math.floor(Date.now() / 1000)
    const cdr = { session: { token }, from: '+12025550199', to: '+1', disposition: 'BUSY', timestamp, duration }
    expect(await test.webhook(`${site.base}/cdr`, cdr)).toMatchObject({ status: 200 })
    await allSettled(test.dataDir)
    const call = await site.call(token)
    expect(call).toMatchObject({ disposition: 'busy' })
    expect(call.durationSeconds).toBe(durationSeconds)
  })
})

describe('configuration that cannot work is refused, naming the thing and the way out', () => {
  const refused = async (method: string, path: string, body: unknown, status: number, words: RegExp) => {
    const answer = await test.api<{ error: { message: string } }>(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.body.error.message).toMatch(words)
  }
  it('an unknown provider', () =>
    refused(
      'POST',
      `${site.path}/voice-agents`,
      { name: 'X', provider: 'nobody', value: '+12025550111' },
      400,
      /no provider "nobody"/,
    ))
  it('a value that the provider cannot dial', () =>
    refused('POST', `${site.path}/voice-agents`, { name: 'X', provider: 'vapi', value: 'assistant-id' }, 400, /E\.164/))
  it('a name that is taken', () =>
    refused(
      'POST',
      `${site.path}/voice-agents`,
      { name: 'Agent 1', provider: 'vapi', value: '+12025550111' },
      409,
      /Agent 1/,
    ))
  it('a rule to nowhere', () =>
    refused(
      'POST',
      `${site.path}/inbound-rules`,
      { pattern: '+1*', target: { type: 'group', id: 'gone' } },
      400,
      /agent group gone, which does not exist/,
    ))
  it('a pattern with a star inside', () =>
    refused(
      'POST',
      `${site.path}/inbound-rules`,
      { pattern: '+1*2', target: { type: 'hangup' } },
      400,
      /only a last \*/,
    ))
  it('a pattern that no number would ever match', () =>
    refused(
      'POST',
      `${site.path}/inbound-rules`,
      { pattern: '12025550100', target: { type: 'hangup' } },
      400,
      /write \+12025550100/,
    ))
  it('a target of an unknown type', () =>
    refused(
      'POST',
      `${site.path}/inbound-rules`,
      { pattern: '*', target: { type: 'grop', id: 'x' } },
      400,
      /target\.type must be one of "agent", "group"/,
    ))
  it('a fallback in a circle', () =>
    refused(
      'PATCH',
      `${site.path}/agent-groups/${site.groups.priority.id}`,
      { version: 1, fallback: { type: 'group', id: site.groups.priority.id } },
      400,
      /leads back/,
    ))
  it('an agent in use', () =>
    refused('DELETE', `${site.path}/voice-agents/${site.agents[0]?.id}`, undefined, 409, /in use by group member/))
  it('a stale version', () =>
    refused(
      'PATCH',
      `${site.path}/voice-agents/${site.agents[0]?.id}`,
      { version: 99, name: 'Y' },
      409,
      /changed meanwhile/,
    ))
  it('a missing version', () =>
    refused('PATCH', `${site.path}/voice-agents/${site.agents[0]?.id}`, { name: 'Y' }, 400, /version is required/))
  it('a field that does not exist', () =>
    refused(
      'POST',
      `${site.path}/voice-agents`,
      { name: 'X', provider: 'vapi', value: '+12025550111', wieght: 2 },
      400,
      /wieght is not a field/,
    ))
  it.each([8_640_000_000_000_001, 1e308])('an instant that no calendar has (%d)', (atMs) =>
    refused(
      'POST',
      `${site.path}/routing/test-cases`,
      { name: 'X', from: '+12025550123', to: '+12025550100', atMs, expect: { outcome: 'agent' } },
      400,
      /atMs/,
    ),
  )
  it('another tenant', () => refused('GET', '/tenants/nobody/voice-agents', undefined, 404, /no tenant/))
  it('no credential', async () => {
    expect((await test.api('GET', '/tenants', undefined, 'wrong')).status).toBe(401)
  })
})

describe('what was deleted is never dialled', () => {
  it('a rule to a deleted group and a group without members go to the default target', async () => {
    const group = await test.api<{ id: string }>('POST', `${site.path}/agent-groups`, { name: 'Short-lived' })
    await test.api('POST', `${site.path}/inbound-rules`, {
      pattern: '+12025550190',
      target: { type: 'group', id: group.body.id },
    })
    const ask = async (token: string) =>
      (await test.webhook(`${site.base}/application`, voiceRequest(token, '+12025550190'), bearer)).text
    const [empty, deleted] = [newToken(), newToken()]
    expect(await ask(empty)).toContain('<Reject reason="congestion"/>')
    expect((await site.call(empty)).decisions[0]?.explanation.steps[0]?.outcome).toContain('has no members')
    expect((await test.api('DELETE', `${site.path}/agent-groups/${group.body.id}`)).status).toBe(409)
    expect((await test.api('DELETE', `${site.path}/agent-groups/${group.body.id}?force=true`)).status).toBe(204)
    expect(await ask(deleted)).toContain('<Reject reason="congestion"/>')
    expect((await site.call(deleted)).decisions[0]?.explanation.steps[0]?.outcome).toContain('was deleted')
  })
})
