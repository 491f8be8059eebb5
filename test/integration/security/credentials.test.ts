import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenant, TenantEndpoints } from '../../../shared/contract/tenants.ts'
import {
  actionOf,
  answeredCdr,
  createSite,
  dialled,
  dialResult,
  newToken,
  numberOf,
  voiceRequest,
  type Site,
} from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

const key = 'the-domain-request-key'
let test: TestServer
let site: Site
let other: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { webhookApiKey: key })
  other = await createSite(test, { name: 'Other', domain: 'other.cloudonix.net' })
})
afterAll(() => test.close())

type Kind = 'voiceRequest' | 'dialResult' | 'sessionUpdate' | 'cdr'
const kinds: Record<Kind, { path: string; name: string; body: (token: string) => Record<string, unknown> }> = {
  voiceRequest: { path: 'application', name: 'voice_request', body: (token) => voiceRequest(token, numberOf.priority) },
  dialResult: {
    path: 'dial-result',
    name: 'dial_result',
    body: (token) => dialResult(token, 'busy', numberOf.priority),
  },
  sessionUpdate: { path: 'session', name: 'session_update', body: (token) => ({ token, status: 'ringing' }) },
  cdr: { path: 'cdr', name: 'cdr', body: (token) => answeredCdr(token) },
}
const isCxml = (kind: Kind): boolean => kind === 'voiceRequest' || kind === 'dialResult'

const sent: Record<string, Record<string, string>> = {
  'the right one': { authorization: `Bearer ${key}` },
  'the right one in other letters': { authorization: `bearer   ${key} ` },
  'a wrong one': { authorization: 'Bearer wrong' },
  'one that begins as the right one does': { authorization: `Bearer ${key.slice(0, -1)}` },
  'one that goes on behind the right one': { authorization: `Bearer ${key}x` },
  'an empty one': { authorization: 'Bearer ' },
  'another scheme': { authorization: `Basic ${Buffer.from(`:${key}`).toString('base64')}` },
  'the bare key': { authorization: key },
  'none at all': {},
}
const isRight = (what: string): boolean => what.startsWith('the right one')

const setAuth = async (check: string | undefined): Promise<void> => {
  const { body: tenant } = await test.api<Tenant>('GET', site.path)
  const webhookAuth =
    check === undefined ? null : { voiceRequest: check, dialResult: check, sessionUpdate: check, cdr: check }
  const changed = await test.api('PATCH', site.path, { version: tenant.version, settings: { webhookAuth } })
  expect(changed.status).toBe(200)
}

const refusedOf = async (one: Site): Promise<TenantEndpoints['refused']> =>
  (await test.api<TenantEndpoints>('GET', `${one.path}/endpoints`)).body.refused
const countOf = async (kind: string, one = site): Promise<number> =>
  (await refusedOf(one)).find((refused) => refused.kind === kind)?.count ?? 0

describe.each(['unless set', 'required', 'when_present', 'off'])('credentials that are checked as %s', (check) => {
  beforeAll(() => setAuth(check === 'unless set' ? undefined : check))

  it.each(
    (Object.keys(kinds) as Kind[]).flatMap((kind) => Object.keys(sent).map((what) => [kind, what] as [Kind, string])),
  )('%s with %s', async (kind, what) => {
    const rule = check === 'unless set' ? (isCxml(kind) ? 'required' : 'when_present') : check
    const mayPass = rule === 'off' || isRight(what) || (rule === 'when_present' && what === 'none at all')
    const { path, name, body } = kinds[kind]
    const token = newToken()
    const before = await countOf(name)
    const { status, text } = await test.webhook(`${site.base}/${path}`, body(token), sent[what])
    const rejected = text.includes('<Reject reason="rejected"/>')
    if (isCxml(kind)) expect([status, rejected]).toEqual([200, !mayPass])
    else expect(status).toBe(mayPass ? 200 : 401)
    expect(text).not.toContain(key)
    // What was refused caused nothing, and was counted.
    expect(await countOf(name)).toBe(before + (mayPass ? 0 : 1))
    if (!mayPass) expect((await test.api('GET', `${site.path}/calls/${token}`)).status).toBe(404)
  })
})

describe('dial actions', () => {
  const bearer = { authorization: `Bearer ${key}` }
  const ask = async (token: string, one = site): Promise<string> =>
    (await test.webhook(`${one.base}/application`, voiceRequest(token, numberOf.priority), bearer)).text
  const report = async (action: string, token: string, result = 'busy'): Promise<string> =>
    (await test.webhook(action, dialResult(token, result, numberOf.priority), bearer)).text
  const hangup = '<Response><Hangup/></Response>'

  it('that are forged, for a call that is not there, get a hang-up, and are counted', async () => {
    const real = actionOf(await ask(newToken()))
    const state = new URL(real, 'http://localhost').searchParams.get('s') ?? ''
    const forged = [
      `${site.base}/dial-result`,
      `${site.base}/dial-result?s=`,
      `${site.base}/dial-result?s=${encodeURIComponent(state.split('.')[0] ?? '')}`,
      `${site.base}/dial-result?s=${encodeURIComponent(state.slice(0, -2))}`,
      `${site.base}/dial-result?s=${encodeURIComponent(`${state}A`)}`,
      `${site.base}/dial-result?s=${'A'.repeat(20_000)}`,
      real,
    ]
    const before = await countOf('dial_state')
    for (const action of forged) expect(await report(action, newToken())).toContain(hangup)
    expect(await countOf('dial_state')).toBe(before + forged.length)
  })

  it('of another tenant are believed by neither', async () => {
    const [mine, theirs] = [newToken(), newToken()]
    const [myAction, theirAction] = [actionOf(await ask(mine)), actionOf(await ask(theirs, other))]
    const queryOf = (action: string): string => new URL(action, 'http://localhost').search
    expect(await report(`${site.base}/dial-result${queryOf(theirAction)}`, theirs)).toContain(hangup)
    expect(await report(`${other.base}/dial-result${queryOf(myAction)}`, mine)).toContain(hangup)
    expect((await site.call(mine)).attempts).toHaveLength(1)
    expect((await other.call(theirs)).attempts).toHaveLength(1)
  })

  it('that are replayed get the same bytes and move the call no further', async () => {
    const token = newToken()
    const first = await ask(token)
    const second = await report(actionOf(first), token)
    expect(dialled(second)).toBe('+12025550172')
    for (const result of ['busy', 'failed', 'answer', 'completed'])
      expect(await report(actionOf(first), token, result)).toBe(second)
    expect((await site.call(token)).attempts.map(({ n, result }) => [n, result])).toEqual([
      [1, 'busy'],
      [2, undefined],
    ])
    // Also when the call is over.
    await test.webhook(`${site.base}/cdr`, answeredCdr(token))
    const over = await site.call(token)
    expect(await report(actionOf(first), token, 'failed')).toBe(second)
    expect(await report(actionOf(second), token, 'failed')).toContain(hangup)
    expect(await site.call(token)).toMatchObject({ state: over.state, attemptCount: over.attemptCount })
  })

  it('hold without the credential of the domain no more than any webhook', async () => {
    await setAuth(undefined)
    const token = newToken()
    const action = actionOf(await ask(token))
    const { text } = await test.webhook(action, dialResult(token, 'busy', numberOf.priority))
    expect(text).toContain('<Reject reason="rejected"/>')
    expect(dialled(await report(action, token))).toBe('+12025550172')
  })
})

it('what was refused is in the metrics, per tenant and kind, and goes with its tenant', async () => {
  const metrics = async (): Promise<string> => {
    const response = await fetch(`${test.server.urls.admin}/metrics`, {
      headers: { authorization: `Bearer ${ownerToken}` },
    })
    return response.text()
  }
  const gone = await createSite(test, { name: 'Gone', domain: 'gone.cloudonix.net', webhookApiKey: key })
  await test.webhook(`${gone.base}/cdr`, answeredCdr(newToken()), { authorization: 'Bearer wrong' })
  expect(await refusedOf(gone)).toEqual([
    { kind: 'cdr', count: 1, lastAtMs: expect.any(Number) as number, reason: 'the Bearer credential is wrong' },
  ])
  const line = `switchyard_refused_webhooks_total{tenant="${gone.tenant.id}",kind="cdr"} 1`
  expect(await metrics()).toContain(line)
  await test.webhook('/voice/nobody/cdr', {})
  expect(await metrics()).toMatch(/^switchyard_unknown_keys_total [1-9]/m)
  await test.api('DELETE', `${gone.path}?force=true`)
  expect(await metrics()).not.toContain(gone.tenant.id)
})
