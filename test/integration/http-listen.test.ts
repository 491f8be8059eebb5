import { createServer, type AddressInfo, type Server } from 'node:net'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../server/adapters/http/listen.ts'
import { endSilentConnections } from '../../server/adapters/http/silent-connections.ts'
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

describe('closing', () => {
  it('answers what is under way, and does not wait for its connection, kept alive by the client', async () => {
    const app = Fastify()
    endSilentConnections(app)
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
