import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createRandom,
  createSessionBook,
  randomFaults,
  runSimulation,
  startFakeApi,
  startSimulation,
  type FakeApi,
  type FakeApiSettings,
  type PlayedCall,
} from '../../../server/simulator/index.ts'
import { startFakeControlPlane, type FakeControlPlane } from '../../support/fake-control-plane.ts'

let api: FakeApi
let server: FakeControlPlane | undefined
afterEach(async () => {
  await api.close()
  await server?.close()
  server = undefined
})
const serve = async (settings: FakeApiSettings = {}) => (api = await startFakeApi(settings))
const domain = '/customers/self/domains/example.cloudonix.net'
const ask = async (
  path: string,
  method = 'GET',
  headers: Record<string, string> = { authorization: 'Bearer XI-any' },
) => {
  const response = await fetch(`${api.url}${path}`, { method, headers })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    content: (text === '' ? undefined : JSON.parse(text)) as never,
  }
}
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/cloudonix', name), 'utf8'))
const shapeOf = (row: object) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value]))
const leg = { startMs: 1_767_268_800_000, answerMs: 0, endMs: 0 }

describe('the simulated Cloudonix API', () => {
  it('has rows of the shape of the real ones', async () => {
    const sessions = createSessionBook()
    sessions.begin({ id: 2, token: 'a', from: '+1', to: '+2' }).update('ringing', leg)
    sessions
      .begin({ id: 1, token: 'b', from: '+1', to: '+2' })
      .update('connected', { ...leg, answerMs: leg.startMs + 9 })
    await serve({ sessions })
    const trunks = fixture('trunks.json') as { port: unknown; direction: string }[]
    const { content: served } = await ask(`${domain}/trunks`)
    const [plain, withCredentials] = served as object[]
    expect(shapeOf(plain!)).toEqual(shapeOf(trunks[0]!))
    expect(shapeOf(withCredentials!)).toEqual(shapeOf(trunks[1]!))
    expect((served as { port: unknown }[]).map(({ port }) => port)).toEqual(trunks.map(({ port }) => port))
    const { content: one } = await ask(domain)
    expect(shapeOf(one)).toEqual(shapeOf(fixture('domain.json') as object))
    expect((await ask('/customers/self/domains')).content).toEqual([one])
    const [long, short] = fixture('sessions.json') as [Record<string, unknown>, Record<string, unknown>]
    const { content: listed } = await ask(`${domain}/sessions`)
    const { url: _url, ...longShape } = shapeOf(long)
    expect((listed as object[]).map(shapeOf)).toEqual([longShape, shapeOf(short)])
  })

  it('finds a domain, a trunk and a session by name, id, UUID or token, on either path', async () => {
    const sessions = createSessionBook()
    sessions.begin({ id: 77, token: 'tok', from: '+1', to: '+2' })
    await serve({ sessions, requestsPerWindow: 100 })
    for (const path of [
      '/domains/4242/trunks/3101',
      '/domains/11111111-2222-4333-8444-555555555555/trunks/carrier-in',
      '/domains/EXAMPLE.cloudonix.net/trunks/77777777-0000-4000-8000-000000003101',
      '/customers/900/domains/4242/sessions/tok',
      '/domains/4242/sessions/77',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 200])
    for (const path of [
      '/domains/4242/trunks/none',
      '/domains/4242/sessions/none',
      '/domains/none',
      '/tenants/1',
      `${domain}/a/b/c`,
    ])
      expect(await ask(path)).toMatchObject({ status: 404, content: fixture('error-404.json') })
    expect((await ask(`${domain}/applications`)).status).toBe(501)
    expect((await ask(domain, 'DELETE')).status).toBe(501)
    expect((await ask('/domains', 'POST')).status).toBe(501)
    expect((await ask('/domains/%ff')).status).toBe(400)
  })

  it('lets in who has the key, and remembers who asked, but no key', async () => {
    await serve({ apiKey: 'XI-good' })
    expect((await ask(domain, 'GET', { authorization: 'Bearer XI-good' })).status).toBe(200)
    expect((await ask(domain, 'GET', { authorization: 'Bearer XI-bad' })).status).toBe(401)
    expect(await ask(domain, 'GET', {})).toMatchObject({ status: 401, content: { status: false } })
    expect(api.requests.map(({ isAuthorized }) => isAuthorized)).toEqual([true, false, false])
    expect(JSON.stringify(api.requests)).not.toContain('XI-')
  })

  it('answers an empty list of trunks with 404', async () => {
    await serve({ trunks: [] })
    expect(await ask(`${domain}/trunks`)).toMatchObject({ status: 404, content: fixture('error-404.json') })
  })

  it('takes ten requests per domain in ten seconds', async () => {
    const clock = { nowMs: 1_000_000 }
    await serve({ nowMs: () => clock.nowMs, retryAfter: '3', domains: ['example.cloudonix.net', 'b.example'] })
    const burst = async () => Promise.all(Array.from({ length: 12 }, async () => (await ask(domain)).status))
    expect((await burst()).filter((status) => status === 429)).toHaveLength(2)
    const refused = await ask(domain)
    expect(refused).toMatchObject({ status: 429, content: fixture('error-429.json') })
    expect(refused.headers.get('retry-after')).toBe('3')
    expect((await ask('/domains/b.example')).status).toBe(200)
    clock.nowMs += 9999
    expect((await ask(domain)).status).toBe(429)
    clock.nowMs += 1
    expect((await ask(domain)).status).toBe(200)
  })

  it('has errors and delays by chance, the same for the same seed', async () => {
    const draw = (errors: number, slow: number) => {
      const faults = randomFaults({ errors, slow, slowMs: 5 }, createRandom(3))
      return Array.from({ length: 200 }, () => faults())
    }
    expect(draw(0, 0).every((fault) => fault === undefined)).toBe(true)
    expect(draw(0.3, 0.3)).toEqual(draw(0.3, 0.3))
    expect(new Set(draw(0.3, 0.3).map((fault) => fault?.kind))).toEqual(new Set(['answer', 'slow', undefined]))
    await serve({ fault: (_request, n) => draw(n === 1 ? 1 : 0, 1)[0] })
    expect((await ask(domain)).status).toBeGreaterThanOrEqual(500)
    expect((await ask(domain)).status).toBe(200)
  })

  it('says which option leads around a port that is taken', async () => {
    await serve()
    await expect(startFakeApi({ port: Number(new URL(api.url).port) })).rejects.toThrow(/EADDRINUSE.*--api-port/)
  })

  it('ends a call being played: the caller is gone, and the CDR says so', async () => {
    server = await startFakeControlPlane()
    const sessions = createSessionBook()
    await serve({ sessions, requestsPerWindow: 1e6 })
    const calls: PlayedCall[] = []
    // In real time the agent would ring for a quarter of an hour.
    const { done } = startSimulation(
      { calls: 2, concurrency: 2, timeScale: 1, ringSeconds: 900, outcomes: { default: { no_answer: 1 } } },
      { url: server.url, tenantKey: 'key' },
      { sessions, onCallEnd: (call) => calls.push(call) },
    )
    const listed = async () =>
      (await ask(`${domain}/sessions`)).content as { id: number; token: string; status: string }[]
    await expect.poll(async () => (await listed()).map(({ status }) => status)).toEqual(['Ringing', 'Ringing'])
    const [first, second] = await listed()
    expect((await ask(`${domain}/sessions/${first!.token}`, 'DELETE')).status).toBe(204)
    expect((await ask(`${domain}/sessions/${second!.id}`, 'DELETE')).status).toBe(204)
    const summary = await done
    expect(summary.wrongAnswers.first).toEqual([])
    expect(calls.map(({ state, disposition }) => [state, disposition])).toEqual([
      ['no_answer', 'cancelled'],
      ['no_answer', 'cancelled'],
    ])
    expect((await listed()).map(({ status }) => status)).toEqual(['Cancel', 'Cancel'])
    expect((await ask(`${domain}/sessions/${first!.token}`, 'DELETE')).status).toBe(404)
  })

  it('has all calls end when everybody hangs up, and keeps the last two hundred', async () => {
    server = await startFakeControlPlane()
    const sessions = createSessionBook()
    await serve({ sessions })
    const target = { url: server.url, tenantKey: 'key' }
    const simulation = startSimulation({ calls: 0, concurrency: 3, timeScale: 1, ringSeconds: 900 }, target, {
      sessions,
    })
    await expect.poll(() => sessions.list().length).toBe(3)
    simulation.stop({ hangUp: true })
    expect((await simulation.done).calls).toBe(3)
    await runSimulation({ calls: 250, sessionUpdatesPerCall: 0 }, target, { sessions })
    expect(sessions.list()).toHaveLength(200)
    expect(sessions.list().every(({ leg: { endMs } }) => endMs > 0)).toBe(true)
  })
})
