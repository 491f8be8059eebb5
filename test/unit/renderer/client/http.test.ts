import { describe, expect, it, vi } from 'vitest'
import { createHttpClient } from '../../../../renderer/client/http.ts'

type Answer = Response | Error
interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

const json = (status: number, value: unknown) => Response.json(value, { status })
const session = { csrfToken: 'token', actor: { kind: 'session', name: 'owner', role: 'owner' } }

/** A server of one answer per path; the stream of events is handed out so that a test can write to it. */
const aServer = (answers: Record<string, () => Answer>) => {
  const sent: Sent[] = []
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = input as string
    sent.push({ url, method: init.method ?? 'GET', headers: init.headers as Record<string, string> })
    const answer = answers[url]
    if (answer) {
      const result = answer()
      if (result instanceof Error) throw result
      return result
    }
    if (url === '/api/v1/session') return json(200, session)
    if (url !== '/api/v1/events') return json(404, { error: { code: 'NOT_FOUND', message: 'none' } })
    return new Response(new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) }))
  }
  const client = createHttpClient({
    fetch,
    now: () => 1000,
    random: () => 0,
    report: (error) => {
      throw error
    },
  })
  const write = (text: string) => streams.at(-1)!.enqueue(new TextEncoder().encode(text))
  return { client, sent, streams, write }
}

describe('the control plane over HTTP', () => {
  it('sends the CSRF token with changes only', async () => {
    const { client, sent } = aServer({ '/api/v1/tenants': () => json(200, { items: [] }) })
    await client.session!.check()
    await client.invoke('tenants.list', {})
    await client.invoke('tenants.create', { name: 'Acme', domain: 'acme' })
    const [read, change] = sent.filter(({ url }) => url === '/api/v1/tenants')
    expect(read?.headers).not.toHaveProperty('x-csrf-token')
    expect(change?.headers).toMatchObject({ 'x-csrf-token': 'token', 'content-type': 'application/json' })
  })

  it('hands on a refusal as the server put it', async () => {
    const error = {
      code: 'CONFLICT',
      message: 'Domain acme belongs to another tenant',
      details: [{ path: '/domain', message: 'taken' }],
    }
    const { client } = aServer({ '/api/v1/tenants': () => json(409, { error }) })
    expect(await client.invoke('tenants.list', {})).toEqual({ ok: false, error })
  })

  it('makes sense of an answer that is not ours', async () => {
    const { client } = aServer({ '/api/v1/tenants': () => new Response('<h1>Bad gateway</h1>', { status: 502 }) })
    expect(await client.invoke('tenants.list', {})).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  })

  it('says so when nobody answers', async () => {
    const { client } = aServer({ '/api/v1/tenants': () => new TypeError('Failed to fetch') })
    expect(await client.invoke('tenants.list', {})).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  })

  it('is signed out when the server no longer knows the session', async () => {
    const { client } = aServer({
      '/api/v1/tenants': () => json(401, { error: { code: 'UNAUTHENTICATED', message: 'no' } }),
    })
    await client.session!.check()
    await client.invoke('tenants.list', {})
    expect(client.session!.state()).toEqual({ status: 'signed-out', reason: 'Your session has ended.' })
  })

  it('opens no stream of events before somebody is signed in', async () => {
    const { client, sent } = aServer({ '/api/v1/session': () => json(401, {}) })
    await client.session!.check()
    expect(sent.map(({ url }) => url)).toEqual(['/api/v1/session'])
  })

  it('tells listeners of events, and of a gap', async () => {
    const { client, write } = aServer({})
    const heard = vi.fn()
    const resync = vi.fn()
    client.on('system.recovered', heard)
    client.onResync(resync)
    await client.session!.check()
    await vi.waitUntil(() => client.connection().state === 'live')
    write(
      'id: 1\nevent: system.recovered\ndata: {"part":"store","atMs":5}\n\nevent: resync\ndata: {}\n\nevent: of.the.future\ndata: {}\n\n',
    )
    await vi.waitUntil(() => resync.mock.calls.length > 0)
    expect(heard).toHaveBeenCalledExactlyOnceWith({ part: 'store', atMs: 5 })
  })

  it('asks to read anew after a break when it has no event to name', async () => {
    const { client, streams } = aServer({})
    const resync = vi.fn()
    client.onResync(resync)
    await client.session!.check()
    await vi.waitUntil(() => client.connection().state === 'live')
    await client.invoke('tenants.list', {})
    expect(resync).not.toHaveBeenCalled()
    streams[0]!.error(new TypeError('network error'))
    await vi.waitUntil(() => client.connection().state === 'reconnecting')
    client.reconnect()
    await vi.waitUntil(() => resync.mock.calls.length > 0)
  })

  it('reads anew what it asked for before it listened', async () => {
    const { client } = aServer({})
    const resync = vi.fn()
    client.onResync(resync)
    await client.invoke('tenants.list', {})
    await client.session!.check()
    await vi.waitUntil(() => resync.mock.calls.length > 0)
    expect(client.connection().state).toBe('live')
  })

  it('goes on after an id that came alone, and after none once somebody else signs in', async () => {
    const { client, write, streams, sent } = aServer({})
    await client.session!.check()
    await vi.waitUntil(() => streams.length === 1)
    write('id: 41\n\n')
    await new Promise((settle) => setTimeout(settle, 10))
    client.reconnect()
    await vi.waitUntil(() => streams.length === 2)
    expect(sent.at(-1)?.headers).toMatchObject({ 'last-event-id': '41' })
    await client.session!.signOut()
    await client.session!.check()
    await vi.waitUntil(() => streams.length === 3)
    expect(sent.at(-1)?.headers).not.toHaveProperty('last-event-id')
  })

  it('comes back after a broken stream and names the last event it saw', async () => {
    const { client, write, streams, sent } = aServer({})
    const states: string[] = []
    client.onConnection((state) => states.push(state))
    await client.session!.check()
    await vi.waitUntil(() => client.connection().state === 'live')
    const heard = vi.fn()
    client.on('system.recovered', heard)
    write('id: 42\nevent: system.recovered\ndata: {"part":"store","atMs":5}\n\n')
    await vi.waitUntil(() => heard.mock.calls.length > 0)
    streams[0]!.error(new TypeError('network error'))
    await vi.waitUntil(() => client.connection().state === 'reconnecting')
    client.reconnect()
    await vi.waitUntil(() => streams.length === 2)
    expect(sent.at(-1)?.headers).toMatchObject({ 'last-event-id': '42' })
    await vi.waitUntil(() => client.connection().state === 'live')
    expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live'])
  })
})
