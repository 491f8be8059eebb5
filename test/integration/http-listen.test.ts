import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../server/adapters/http/listen.ts'
import { guardConnections } from '../../server/adapters/http/connections.ts'
import { DomainError } from '../../server/domain/errors.ts'

let occupant: Server | undefined
afterEach(async () => {
  await new Promise<void>((resolve) => (occupant ? occupant.close(() => resolve()) : resolve()))
  occupant = undefined
})

const failing = (error: unknown) => ({
  listen: () => {
    throw error
  },
})
const coded = (code: unknown) => Object.assign(new Error('listen failed'), { code })

describe('listening', () => {
  it('answers where it listens', async () => {
    const app = Fastify()
    expect(await listen(app, '127.0.0.1', 0, 'PORT', 'webhooks')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await app.close()
  })

  it('names a taken port, what it was for and the setting that leads around it', async () => {
    const taken = createServer()
    occupant = taken
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const app = Fastify()
    const refused = await listen(app, '127.0.0.1', port, 'SWITCHYARD_PORT', 'webhooks').catch((error: unknown) => error)
    await app.close()
    expect(refused).toBeInstanceOf(DomainError)
    expect(refused).toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'EADDRINUSE' } })
    expect((refused as Error).message).toBe(
      `Cannot listen on 127.0.0.1:${port} for webhooks: another program listens there. End the other program, or set SWITCHYARD_PORT to another port`,
    )
  })

  it.each<[string, unknown, string]>([
    ['a port of the system', coded('EACCES'), 'this user may not listen there'],
    ['an address of another machine', coded('EADDRNOTAVAIL'), 'this machine has no such address'],
    ['a fault it has no words for', coded('EMFILE'), 'listen failed'],
    ['a fault with a number for a code', coded(98), 'listen failed'],
    ['a fault without a code', new Error('gone wrong'), 'gone wrong'],
    ['a fault that is a text', 'odd', 'odd'],
    ['a fault that is nothing', null, 'null'],
  ])('explains %s and keeps the cause', async (_what, error, reason) => {
    await expect(listen(failing(error), '127.0.0.1', 80, 'PORT', 'REST')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`127.0.0.1:80 for REST: ${reason}. End`) as string,
      cause: error,
    })
  })
})

describe('more connections than there may be', () => {
  const opened = async (port: number) => {
    const socket = connect(port, '127.0.0.1')
    const raw = { socket, heard: '', isClosed: false }
    socket.on('data', (piece) => (raw.heard += piece.toString()))
    socket.on('close', () => (raw.isClosed = true))
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return raw
  }
  const ask = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
  const anApp = async () => {
    const app = Fastify({ forceCloseConnections: true })
    let answer: (() => void) | undefined
    let count = 0
    guardConnections(app, { most: 3 })
    app.get('/', () => 'at once')
    app.addHook('onRequest', async ({ url }) => {
      if (url === '/slow') count += 1
    })
    app.post('/slow', () => 'read')
    app.get('/slow', () => new Promise((settle) => (answer = () => settle('done'))))
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    return { app, port, answer: () => answer?.(), asked: () => count }
  }

  it('take the place of those that never said anything, the oldest first', async () => {
    const { app, port } = await anApp()
    const all: Awaited<ReturnType<typeof opened>>[] = []
    for (let n = 0; n < 5; n += 1) all.push(await opened(port))
    await expect.poll(() => all.map(({ isClosed }) => isClosed)).toEqual([true, true, false, false, false])
    all[4]?.socket.write(ask)
    await expect.poll(() => all[4]?.heard).toContain('at once')
    await app.close()
  })

  it('then of those that are kept alive, and of nobody who waits for an answer', async () => {
    const { app, port, answer, asked } = await anApp()
    const [slow, kept] = [await opened(port), await opened(port)]
    slow.socket.write(ask.replace('/ ', '/slow '))
    kept.socket.write(ask)
    await expect.poll(() => asked() === 1 && kept.heard).toContain('at once')
    const spare = await opened(port)
    spare.socket.write(ask)
    await expect.poll(() => spare.heard).toContain('at once')
    const newest = await opened(port)
    newest.socket.write(ask)
    await expect.poll(() => newest.heard).toContain('at once')
    expect([slow.isClosed, kept.isClosed, spare.isClosed, newest.isClosed]).toEqual([false, true, true, false])
    answer()
    await expect.poll(() => slow.heard).toContain('done')
    await app.close()
  })

  it.each([true, false])('else of one whose body is on its way, if any (%s), or none', async (hasBody) => {
    const { app, port, asked } = await anApp()
    const slow = [await opened(port), await opened(port), await opened(port)]
    const slowly = 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nabc'
    for (const { socket } of slow) socket.write(hasBody ? slowly : ask.replace('/ ', '/slow '))
    await expect.poll(asked).toBe(3)
    const newest = await opened(port)
    newest.socket.write(ask)
    if (hasBody) await expect.poll(() => newest.heard).toContain('at once')
    else await expect.poll(() => newest.isClosed).toBe(true)
    expect(slow.map(({ isClosed }) => isClosed)).toEqual([hasBody, false, false])
    for (const { socket } of [...slow, newest]) socket.destroy()
    await app.close()
  })
})

describe('closing', () => {
  it('answers what is under way, and does not wait for its connection, kept alive by the client', async () => {
    const app = Fastify()
    guardConnections(app)
    let answer: (() => void) | undefined
    app.get('/', () => new Promise((settle) => (answer = () => settle('done'))))
    const url = await listen(app, '127.0.0.1', 0, 'PORT', 'webhooks')
    const asked = fetch(url)
    await expect.poll(() => answer).toBeDefined()
    const closed = app.close()
    await expect.poll(() => app.server.listening).toBe(false)
    answer?.()
    expect(await (await asked).text()).toBe('done')
    await closed
  })
})
