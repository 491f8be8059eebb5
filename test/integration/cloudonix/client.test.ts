import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createCloudonixClient, type CloudonixClientDeps } from '../../../server/adapters/cloudonix/cloudonix-client.ts'
import {
  createSessionBook,
  startFakeApi,
  type ApiRequest,
  type FakeApiSettings,
  type Fault,
} from '../../../server/simulator/index.ts'
import { aRequestBudget } from '../../support/request-budget.ts'
import { instantTime, virtualTime } from '../../support/virtual-time.ts'

const apiKey = 'XIabcdefghijklmnopqrstuvwxyz012345'
const of = { domain: 'example.cloudonix.net', apiKey }
const token = '0123456789abcdef0123456789abcdef'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Everything anybody could read of what happened: errors with their causes, and the log. */
const told: unknown[] = []
const tell = (fields: Record<string, unknown>, message: string): void => void told.push(fields, message)
const whole = (error: unknown): string =>
  error instanceof Error
    ? `${error.message} ${error.stack} ${JSON.stringify(error)} ${whole(error.cause)}`
    : String(error)

const setUp = async (
  settings: FakeApiSettings = {},
  more: Partial<CloudonixClientDeps> = {},
  time: Pick<CloudonixClientDeps, 'clock' | 'wait'> = instantTime(),
) => {
  const api = await startFakeApi({ apiKey, nowMs: time.clock.nowMs, ...settings })
  closers.push(api.close)
  const client = createCloudonixClient({
    baseUrl: `${api.url}/`,
    budget: aRequestBudget(time.clock.steadyMs),
    clock: time.clock,
    wait: time.wait,
    random: () => 0.5,
    log: { info: tell, warn: tell, error: tell },
    ...more,
  })
  closers.push(client.close)
  return { api, client, paths: () => api.requests.map(({ method, path }) => `${method} ${path}`) }
}

/** These faults first, then everything as it should be. */
const first = (...faults: (Fault | undefined)[]) => ({ fault: (_request: ApiRequest, n: number) => faults[n - 1] })
const failing = (status: number, more: Partial<Fault & { kind: 'answer' }> = {}): Fault => ({
  kind: 'answer',
  status,
  ...more,
})
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as Error & { code: string },
  )
  if (!error) throw new Error('it was not refused')
  expect(whole(error) + JSON.stringify(told)).not.toContain(apiKey)
  return error
}
const aSession = () => {
  const sessions = createSessionBook()
  return { sessions, session: sessions.begin({ id: 7, token, from: '+1', to: '+2' }) }
}

describe('the client of the Cloudonix API', () => {
  it('lists trunks and sessions, reads the domain and hangs up, with the key as Bearer', async () => {
    const { sessions, session } = aSession()
    const { client, api, paths } = await setUp({ sessions })
    expect((await client.listTrunks(of)).filter((trunk) => trunk.isOutboundChoice).map(({ name }) => name)).toEqual([
      'carrier-out',
      'shared-out',
    ])
    expect(await client.listSessions(of)).toMatchObject([{ token, from: '+1', to: '+2', endedAtMs: undefined }])
    expect(await client.readDomain(of)).toMatchObject({ name: of.domain, isActive: true })
    await client.hangUp(of, token)
    expect(session.hangUp.aborted).toBe(true)
    expect(paths()).toEqual([
      'GET /customers/self/domains/example.cloudonix.net/trunks',
      'GET /customers/self/domains/example.cloudonix.net/sessions',
      'GET /customers/self/domains/example.cloudonix.net',
      `DELETE /customers/self/domains/example.cloudonix.net/sessions/${token}`,
    ])
    expect(api.requests.every(({ isAuthorized }) => isAuthorized)).toBe(true)
  })

  it('takes a 404 for an empty list where the domain is there, and for an unknown domain where it is not', async () => {
    const { client, paths } = await setUp({ trunks: [] })
    expect(await client.listTrunks(of)).toEqual([])
    expect(paths()).toHaveLength(2)
    const error = await refusal(client.listTrunks({ ...of, domain: 'other.cloudonix.net' }))
    expect(error).toMatchObject({ code: 'NOT_FOUND' })
    expect(error.message).toContain('other.cloudonix.net')
  })

  it('says what to do when the key is refused, and does not ask again', async () => {
    const { client, api } = await setUp({ apiKey: 'XI-another' })
    const error = await refusal(client.listTrunks(of))
    expect(error).toMatchObject({ code: 'CONFLICT' })
    expect(error.message).toMatch(
      /list the trunks of example\.cloudonix\.net \(HTTP 401: Unauthorized\).*cloudonixApiKey/,
    )
    expect(api.requests).toHaveLength(1)
  })

  it('never repeats the key, also where the platform does', async () => {
    const body = JSON.stringify({ status: false, message: `bad key ${apiKey},\n and XI${'z'.repeat(32)}` })
    const { client } = await setUp(first(failing(403, { body })))
    expect((await refusal(client.listTrunks(of))).message).toContain('bad key ***, and ***)')
  })

  it('asks again after a 5xx, a cut connection and no answer, three times at most', async () => {
    const time = instantTime()
    const { client, api } = await setUp(first(failing(503), { kind: 'cut' }), {}, time)
    expect(await client.listTrunks(of)).toHaveLength(5)
    expect(api.requests).toHaveLength(3)
    expect(time.waits).toEqual([375, 750])
    const error = await refusal((await setUp({ fault: () => failing(502) })).client.listSessions(of))
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(error.message).toContain('could not list the sessions of example.cloudonix.net (HTTP 502: Fault 502)')
  })

  it('gives up on a platform that never answers', async () => {
    const { client, api } = await setUp({ fault: () => ({ kind: 'silence' }) }, { timeoutMs: 30 })
    const error = await refusal(client.readDomain(of))
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(error.message).toContain('did not answer in time when asked to read the domain example.cloudonix.net')
    expect(error.message).toContain(api.url)
    expect(api.requests).toHaveLength(3)
  })

  it('says why nobody is reached', async () => {
    const { client, api } = await setUp()
    await api.close()
    expect((await refusal(client.listTrunks(of))).message).toMatch(/could not be reached \(ECONNREFUSED\)/)
  })

  it.each([
    ['seconds', '4', 4000],
    ['a date', new Date(1_767_268_800_000 + 6000).toUTCString(), 6000],
    ['nothing', undefined, 10_000],
    ['nonsense', 'soon', 10_000],
  ])('leaves the domain alone after a 429 that asks for %s', async (_what, retryAfter, quietMs) => {
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const { client, api } = await setUp(first(failing(429, { headers })))
    expect(await client.listTrunks(of)).toHaveLength(5)
    const [before, after] = api.requests
    expect((after?.atMs ?? 0) - (before?.atMs ?? 0)).toBe(quietMs)
  })

  it('does not wait for longer than anybody would', async () => {
    const { client, api } = await setUp(first(failing(429, { headers: { 'retry-after': '120' } })))
    const error = await refusal(client.listTrunks(of))
    expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    expect(error.message).toContain('try again in 120 s')
    expect(await refusal(client.listTrunks(of))).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    expect(api.requests).toHaveLength(1)
  })

  it('keeps to 10 requests in any 10 s under 100 callers at once, retries included', async () => {
    const time = virtualTime()
    const fault = (_request: ApiRequest, n: number): Fault | undefined => (n % 7 === 0 ? failing(500) : undefined)
    const { client, api } = await setUp({ fault }, { longestWaitMs: 600_000 }, time)
    const ask = (n: number) => (n % 2 === 0 ? client.listTrunks(of) : client.readDomain(of))
    const answers = await time.until(Promise.all(Array.from({ length: 100 }, (_, n) => ask(n))))
    expect(answers).toHaveLength(100)
    const atMs = api.requests.map((request) => request.atMs)
    expect(atMs.length).toBeGreaterThan(110)
    for (const [i, last] of atMs.entries()) if (i >= 10) expect(last - (atMs[i - 10] ?? 0)).toBeGreaterThan(10_000)
  })

  it('sends callers away who would wait too long, and says so', async () => {
    const time = virtualTime()
    const { client } = await setUp({}, {}, time)
    const asked = await time.until(Promise.allSettled(Array.from({ length: 60 }, () => client.listTrunks(of))))
    const refused = asked.filter(({ status }) => status === 'rejected')
    expect(refused[0]).toMatchObject({
      reason: { code: 'TOO_MANY_REQUESTS', message: expect.stringContaining('10 in 10 s') as string },
    })
    // At once, after 10 s and after 20 s; the next turn would come after more than 30.
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(30)
  })

  it('does not follow redirects', async () => {
    const asked: string[] = []
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('[]')
    })
    await new Promise<void>((settle) => elsewhere.listen(0, '127.0.0.1', settle))
    closers.push(() => new Promise((settle) => elsewhere.close(settle)))
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
    const { client } = await setUp(first(failing(302, { headers: { location } })))
    const error = await refusal(client.listTrunks(of))
    expect(error.message).toMatch(/redirect.*HTTP 302.*SWITCHYARD_CLOUDONIX_URL/)
    expect(asked).toEqual([])
  })

  it.each([
    [
      'a page',
      failing(200, { body: '<html>', headers: { 'content-type': 'text/html' } }),
      'UNAVAILABLE',
      /cannot be read \(HTTP 200, text\/html\)/,
    ],
    ['no list', failing(200, { body: '{"id":1}' }), 'UNAVAILABLE', /cannot be read/],
    [
      'a refusal with a good status',
      failing(200, { body: '{"status":false,"message":"No way"}' }),
      'CONFLICT',
      /HTTP 200: No way/,
    ],
    ['a bad request', failing(400, { body: 'what?' }), 'CONFLICT', /refused to list the trunks of .* \(HTTP 400\)/],
    ['a message that is no text', failing(400, { body: '{"message":5}' }), 'CONFLICT', /\(HTTP 400\)/],
    [
      'more than anybody reads',
      failing(200, { body: `["${'x'.repeat(20_000)}"]` }),
      'UNAVAILABLE',
      /more than this server reads/,
    ],
  ])('is told %s, once', async (_what, fault, code, message) => {
    const { client, api } = await setUp(first(fault), { mostBytes: 10_000 })
    const error = await refusal(client.listTrunks(of))
    expect(error).toMatchObject({ code })
    expect(error.message).toMatch(message)
    expect(api.requests).toHaveLength(1)
  })

  it('takes nothing for an empty list, and what is no domain for none', async () => {
    const { client } = await setUp(first(failing(200, { body: '' }), failing(200, { body: '[]' })))
    expect(await client.listTrunks(of)).toEqual([])
    expect(await refusal(client.readDomain(of))).toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('knows that a session gone after an unheard try was ended by it, and else that there was none', async () => {
    const { sessions, session } = aSession()
    const { client } = await setUp({ sessions, ...first({ kind: 'cut', isDone: true }, failing(404)) })
    await client.hangUp(of, token)
    expect(session.hangUp.aborted).toBe(true)
    const error = await refusal(client.hangUp(of, 'ffffffffffffffffffffffffffffffff'))
    expect(error).toMatchObject({ code: 'NOT_FOUND' })
    expect(error.message).toMatch(/end the session f{32} of example\.cloudonix\.net/)
    const { client: refusing } = await setUp(first(failing(200, { body: '{"status":false,"message":"No"}' })))
    expect(await refusal(refusing.hangUp(of, token))).toMatchObject({ code: 'CONFLICT' })
  })

  it.each(['..', '.', '%2e%2e', '', 'a/../..', 'a..b', 'a?b', 'a b', '../trunks'])(
    'never asks for the session "%s", which would lead elsewhere',
    async (odd) => {
      const { client, api } = await setUp()
      expect(await refusal(client.hangUp(of, odd))).toMatchObject({ code: 'INVALID_INPUT' })
      expect(await refusal(client.listTrunks({ ...of, domain: odd }))).toMatchObject({ code: 'INVALID_INPUT' })
      expect(api.requests).toEqual([])
    },
  )

  it('breaks off and asks nothing more when it is closed', async () => {
    const { client, api } = await setUp({ fault: () => ({ kind: 'silence' }) })
    const asked = refusal(client.listTrunks(of))
    await expect.poll(() => api.requests.length).toBe(1)
    await client.close()
    expect((await asked).message).toMatch(/closing/)
    expect((await refusal(client.readDomain(of))).message).toMatch(/Switchyard is closing/)
  })
})
