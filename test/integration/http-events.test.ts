import { get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Actor } from '../../shared/contract/index.ts'
import { anAdminApp, someEvents, bearer, listen, session } from './http-support.ts'

const opened: FastifyInstance[] = []
const anApp = async (...options: Parameters<typeof anAdminApp>) => {
  const made = await anAdminApp(...options)
  opened.push(made.app)
  return { ...made, port: await listen(made.app) }
}
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

interface Heard {
  readonly id?: string
  readonly event: string
  readonly data: unknown
}

/** Reads a stream as a browser does. */
const hear = (port: number, path = '/api/v1/events', headers: Record<string, string> = bearer()) =>
  new Promise<{
    response: IncomingMessage
    text: () => string
    messages: () => Heard[]
    isOver: () => boolean
    stop: () => void
  }>((settle, reject) => {
    const request = get({ port, host: '127.0.0.1', path, headers }, (response) => {
      let text = ''
      let isOver = false
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('close', () => (isOver = true))
      response.on('error', () => (isOver = true))
      const messages = () =>
        text
          .split('\n\n')
          .filter((block) => block.includes('data: '))
          .map((block) => {
            const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
            const id = field('id')
            return {
              ...(id === undefined ? {} : { id }),
              event: field('event') ?? '',
              data: JSON.parse(field('data') ?? ''),
            }
          })
      settle({ response, text: () => text, messages, isOver: () => isOver, stop: () => request.destroy() })
    })
    request.on('error', reject)
  })

/** Listens and never reads. */
const sleep = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer owner-token\r\n\r\n')
  await new Promise((settle) => socket.once('data', settle))
  return socket.pause()
}

const changed = (tenantId: string, id: string) => ({ tenantId, id, change: 'updated' as const })

describe('the stream of events', () => {
  it('tells what happens, to everybody at once', async () => {
    const { port, bus } = await anApp()
    const [one, two] = [await hear(port), await hear(port, undefined, session())]
    expect(one.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(one.response.headers['cache-control']).toBe('no-store, no-transform')
    expect(one.response.headers['x-content-type-options']).toBe('nosniff')
    bus.publish('agent.changed', changed('t1', 'a1'))
    bus.publish('system.recovered', { part: 'line\nbreak', atMs: 5 })
    const expected = [
      { id: 'e1-1', event: 'agent.changed', data: changed('t1', 'a1') },
      { id: 'e1-2', event: 'system.recovered', data: { part: 'line\nbreak', atMs: 5 } },
    ]
    await expect.poll(one.messages).toEqual(expected)
    await expect.poll(two.messages).toEqual(expected)
  })

  it.each([
    ['the header', '/api/v1/events', { 'last-event-id': 'e1-1' }],
    ['the query', '/api/v1/events?lastEventId=e1-1', {}],
  ])('goes on after the event named in %s', async (_where, path, headers) => {
    const { port, bus } = await anApp()
    for (const id of ['a1', 'a2', 'a3']) bus.publish('agent.changed', changed('t1', id))
    const listener = await hear(port, path, { ...bearer(), ...headers })
    bus.publish('agent.changed', changed('t1', 'a4'))
    await expect.poll(() => listener.messages().map(({ id }) => id)).toEqual(['e1-2', 'e1-3', 'e1-4'])
  })

  it.each(['e1-1', 'e1-99', 'nonsense', '-1', '3', '-3', 'e1-', 'e2-3', '1'.repeat(400)])(
    'says so when it does not know what came after %s',
    async (id) => {
      const { port, bus } = await anApp({ events: someEvents({ maxEvents: 2 }) })
      for (const agent of ['a1', 'a2', 'a3', 'a4']) bus.publish('agent.changed', changed('t1', agent))
      const listener = await hear(port, undefined, { ...bearer(), 'last-event-id': id })
      bus.publish('agent.changed', changed('t1', 'a5'))
      await expect.poll(() => listener.messages().map(({ event }) => event)).toEqual(['resync', 'agent.changed'])
    },
  )

  it('asks to read again when the number is one of before a restart', async () => {
    const { port, bus } = await anApp()
    for (const agent of ['a1', 'a2', 'a3']) bus.publish('agent.changed', changed('t1', agent))
    const listener = await hear(port, undefined, { ...bearer(), 'last-event-id': 'e0-1' })
    await expect.poll(() => listener.messages().map(({ event }) => event)).toEqual(['resync'])
  })

  it('keeps the figures of the whole site from whoever is bound to a tenant', async () => {
    const { port, bus } = await anApp()
    const [bound, asking] = [
      await hear(port, undefined, bearer('analyst-token')),
      await hear(port, '/api/v1/events?tenantId=t1'),
    ]
    bus.publish('metrics.updated', { atMs: 1, health: { status: 'ok', problems: [] } })
    bus.publish('agent.changed', changed('t1', 'a1'))
    await expect.poll(() => bound.messages().map(({ event }) => event)).toEqual(['agent.changed'])
    await expect.poll(() => asking.messages().map(({ event }) => event)).toEqual(['metrics.updated', 'agent.changed'])
  })

  it.each([
    ['whoever is bound to a tenant', '/api/v1/events', 'analyst-token'],
    ['whoever asks for a tenant', '/api/v1/events?tenantId=t1', 'owner-token'],
    ['both', '/api/v1/events?tenantId=t1', 'analyst-token'],
  ])('%s hears of that tenant and of the site alone', async (_who, path, token) => {
    const { port, bus } = await anApp()
    const tell = () => {
      bus.publish('agent.changed', changed('t2', 'hidden'))
      bus.publish('agent.changed', changed('t1', 'shown'))
      bus.publish('provider.changed', { id: 'site', change: 'updated' })
    }
    tell()
    const listener = await hear(port, path, { ...bearer(token), 'last-event-id': 'e1-0' })
    tell()
    await expect
      .poll(() => listener.messages().map(({ data }) => (data as { id: string }).id))
      .toEqual(['shown', 'site', 'shown', 'site'])
  })

  it.each([
    ['/api/v1/events?tenantId=t2', 'analyst-token', 404],
    ['/api/v1/events?tenantId=misspelled', 'owner-token', 404],
    ['/api/v1/events?tenantId=t1&tenantId=t2', 'owner-token', 400],
    ['/api/v1/events?tenantId=', 'owner-token', 400],
  ])('%s by %s is refused', async (path, token, status) => {
    const { app } = await anApp()
    expect((await app.inject({ url: path, headers: bearer(token) })).statusCode).toBe(status)
  })

  it('forgets listeners that have gone', async () => {
    const { port, bus, followers } = await anApp()
    const listener = await hear(port)
    bus.publish('provider.changed', { id: 'p', change: 'updated' })
    await expect.poll(listener.messages).toHaveLength(1)
    listener.stop()
    await expect.poll(listener.isOver).toBe(true)
    bus.publish('provider.changed', { id: 'p', change: 'updated' })
    expect(followers()).toBe(0)
  })

  it('hears of the events it names alone', async () => {
    const { port, bus } = await anApp()
    const [comma, repeated] = [
      await hear(port, '/api/v1/events?events=agent.changed,%20system.recovered'),
      await hear(port, '/api/v1/events?events=agent.changed&events=system.recovered'),
    ]
    bus.publish('tenant.changed', { tenantId: 't1', change: 'updated' })
    bus.publish('agent.changed', changed('t1', 'a1'))
    bus.publish('system.recovered', { part: 'store', atMs: 1 })
    const expected = ['agent.changed', 'system.recovered']
    await expect.poll(() => comma.messages().map(({ event }) => event)).toEqual(expected)
    await expect.poll(() => repeated.messages().map(({ event }) => event)).toEqual(expected)
  })

  it('gives no figures of the whole site to whoever is bound to a tenant and names them', async () => {
    const { port, bus } = await anApp()
    const bound = await hear(port, '/api/v1/events?events=metrics.updated,agent.changed', bearer('analyst-token'))
    bus.publish('metrics.updated', { atMs: 1, health: { status: 'ok', problems: [] } })
    bus.publish('agent.changed', changed('t1', 'a1'))
    await expect.poll(() => bound.messages().map(({ event }) => event)).toEqual(['agent.changed'])
  })

  it('says which events there are when one is named that is none', async () => {
    const { app } = await anApp()
    for (const query of ['events=agent.changed,call.begun', 'events=toString', 'events=']) {
      const refused = await app.inject({ url: `/api/v1/events?${query}`, headers: bearer() })
      expect(refused.statusCode).toBe(400)
      expect(refused.json()).toMatchObject({
        error: { message: expect.stringContaining('call.stateChanged') as string },
      })
    }
  })

  it('begins anew for who names no event, or an empty one', async () => {
    const { port, bus } = await anApp()
    bus.publish('agent.changed', changed('t1', 'a1'))
    for (const path of ['/api/v1/events', '/api/v1/events?lastEventId=']) {
      const listener = await hear(port, path)
      await expect.poll(listener.text).toBe('retry: 2000\n\nid: e1-1\n\n')
    }
  })

  it('says so to who names several events to go on after', async () => {
    const { port, bus } = await anApp()
    for (const agent of ['a1', 'a2']) bus.publish('agent.changed', changed('t1', agent))
    const listener = await hear(port, '/api/v1/events?lastEventId=e1-1&lastEventId=e1-0')
    await expect.poll(() => listener.messages().map(({ event }) => event)).toEqual(['resync'])
  })

  it('does not keep a closing server for who is let in when it has begun to close', async () => {
    let letIn = (): void => undefined
    const { app, port, followers } = await anApp({
      authenticate: async () => {
        await new Promise<void>((settle) => (letIn = settle))
        return { actor: { kind: 'token', name: 'Ada', role: 'owner' } }
      },
    })
    const listening = hear(port)
    await new Promise((settle) => setTimeout(settle, 100))
    const closed = app.close().then(() => 'closed')
    await new Promise((settle) => setTimeout(settle, 100))
    letIn()
    const { response, stop } = await listening
    expect([response.statusCode, followers()]).toEqual([503, 0])
    expect(await Promise.race([closed, new Promise((settle) => setTimeout(settle, 2000))])).toBe('closed')
    stop()
  })

  it('does not keep a closing server for who does not read', async () => {
    const { app, port, bus, followers } = await anApp()
    const sleeper = await sleep(port)
    for (let n = 0; n < 200; n += 1) bus.publish('agent.changed', changed('t1', `${n}${'x'.repeat(50_000)}`))
    await new Promise((settle) => setTimeout(settle, 100))
    await app.close()
    expect(followers()).toBe(0)
    sleeper.destroy()
  })

  it('ends when the server closes, at once', async () => {
    const { app, port } = await anApp()
    const listener = await hear(port)
    const before = performance.now()
    await app.close()
    await expect.poll(listener.isOver).toBe(true)
    expect(performance.now() - before).toBeLessThan(2000)
  })

  describe('in the course of time', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))

    it('shows that it is still there, and where it stands though the filter lets nothing through', async () => {
      const { port, bus } = await anApp()
      const listener = await hear(port, '/api/v1/events?tenantId=t1')
      bus.publish('agent.changed', changed('t2', 'a1'))
      await new Promise((settle) => setTimeout(settle, 20))
      vi.advanceTimersByTime(15_000)
      await vi.waitFor(() => expect(listener.text()).toContain(': still here\nid: e1-1\n\n'))
      expect(listener.isOver()).toBe(false)
    })

    it('drops who reads nothing for a minute, and keeps the others', async () => {
      const { port, bus, followers } = await anApp({ events: someEvents({ maxBytes: 1e9 }) })
      const reader = await hear(port)
      const sleeper = await sleep(port)
      for (let n = 0; n < 200; n += 1) bus.publish('agent.changed', changed('t1', `${n}${'x'.repeat(50_000)}`))
      await expect.poll(() => reader.messages().length, { timeout: 10_000 }).toBe(200)
      vi.advanceTimersByTime(60_000)
      expect(followers()).toBe(2)
      vi.advanceTimersByTime(15_000)
      await vi.waitFor(() => expect(followers()).toBe(1))
      expect(reader.isOver()).toBe(false)
      sleeper.destroy()
    })

    it('ends with the session that opened it', async () => {
      const { port, sessions } = await anApp()
      const listener = await hear(port, undefined, session())
      sessions.clear()
      vi.advanceTimersByTime(15_000)
      await new Promise<void>((settle) => listener.response.on('close', settle))
      expect(listener.isOver()).toBe(true)
    })

    it.each([
      ['another role', { role: 'analyst' as const }],
      ['one tenant', { role: 'owner' as const, tenantId: 't1' }],
    ])('ends for who has got %s meanwhile', async (_what, change) => {
      let actor: Actor = { kind: 'session', name: 'Ada', role: 'owner', sessionId: 's' }
      const { port } = await anApp({ authenticate: async () => ({ actor }) })
      const listener = await hear(port)
      actor = { ...actor, ...change }
      vi.advanceTimersByTime(15_000)
      await new Promise<void>((settle) => listener.response.on('close', settle))
      expect(listener.isOver()).toBe(true)
    })

    it('leaves the secret of a session as it is, for want of a cookie to send along', async () => {
      const asked: unknown[] = []
      const { port, app } = await anApp({
        authenticate: async (credentials) => {
          asked.push(credentials)
          return { actor: { kind: 'session', name: 'Ada', role: 'owner', sessionId: 's' }, csrfToken: 'c' }
        },
      })
      const listener = await hear(port, undefined, session())
      listener.stop()
      await app.inject({ url: '/api/v1/session', headers: session() })
      expect(asked).toEqual([
        { sessionCookie: 'cookie-1', keepsCookie: true },
        { sessionCookie: 'cookie-1', keepsCookie: false },
      ])
    })

    it('goes on when it cannot find out', async () => {
      let isBroken = false
      const { port, lines, bus } = await anApp({
        authenticate: async () => {
          if (isBroken) throw new Error('store is busy')
          return { actor: { kind: 'token', name: 'Ada', role: 'owner' } }
        },
      })
      const listener = await hear(port)
      isBroken = true
      vi.advanceTimersByTime(15_000)
      await new Promise((settle) => setTimeout(settle, 50))
      expect(lines).toHaveLength(1)
      bus.publish('provider.changed', { id: 'p', change: 'updated' })
      await new Promise((settle) => listener.response.once('data', settle))
      expect(listener.messages()).toHaveLength(1)
    })
  })
})
