import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { readEvents } from '../support/event-text.ts'
import type { FromEventServer, ToEventServer } from '../support/event-server.ts'

const mebibyte = 1024 * 1024
const calls = 200
const eventsPerStep = 100
const eventBytes = 1500
/** Two pieces of the stream, and what comes with them. */
const mostUnsentBytes = 160 * 1024

let child: ChildProcess | undefined
const streams: IncomingMessage[] = []
afterEach(() => {
  for (const stream of streams.splice(0)) stream.destroy()
  child?.kill()
})

const startEventServer = async () => {
  const server = fork(join(import.meta.dirname, '../support/event-server.ts'), { execArgv: ['--expose-gc'] })
  child = server
  const next = async <T extends FromEventServer['type']>(type: T) => {
    const [message] = (await once(server, 'message')) as [FromEventServer]
    if (message.type !== type) throw new Error(`the event server said ${message.type} instead of ${type}`)
    return message as Extract<FromEventServer, { readonly type: T }>
  }
  const { port } = await next('ready')
  const ask = (message: ToEventServer): void => void server.send(message)
  let published = 0
  return {
    port,
    published: () => published,
    /** One event for each of `count` calls in turn, the last of which ends it. */
    async publish(count: number, state: 'connected' | 'completed'): Promise<void> {
      const some = Array.from({ length: count }, (_, n) => ({
        id: `call-${(published + n) % calls}`,
        state,
        reason: 'x'.repeat(eventBytes),
      }))
      published += count
      const done = next('published')
      ask({ type: 'publish', calls: some })
      await done
    },
    async measure() {
      const measured = next('measured')
      ask({ type: 'measure' })
      return measured
    },
  }
}

const open = (port: number, lastEventId?: string): Promise<IncomingMessage> =>
  new Promise((settle, reject) => {
    const headers = {
      authorization: 'Bearer any',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    }
    get({ port, host: '127.0.0.1', path: '/api/v1/events', headers, agent: false }, (response) => {
      response.on('error', () => undefined)
      streams.push(response)
      settle(response)
    }).on('error', reject)
  })

/** Reads as fast as it can, and keeps no more than the ids; `gaps` counts those that did not follow one another. */
const follow = (stream: IncomingMessage, after = 0) => {
  const seen = { last: after, gaps: 0, resyncs: 0 }
  let rest = ''
  stream.setEncoding('latin1')
  stream.on('data', (chunk: string) => {
    const end = chunk.lastIndexOf('\n\n')
    const whole = end < 0 ? '' : rest + chunk.slice(0, end + 2)
    rest = end < 0 ? rest + chunk : chunk.slice(end + 2)
    if (whole.includes('event: resync')) seen.resyncs += 1
    for (const [, id] of whole.matchAll(/^id: e1-(\d+)\nevent/gm)) {
      if (Number(id) !== seen.last + 1) seen.gaps += 1
      seen.last = Number(id)
    }
  })
  return seen
}

it('180 of 200 clients miss nothing while 20 never read, and those cost the server next to nothing', async () => {
  const server = await startEventServer()
  const readers = await Promise.all(Array.from({ length: 180 }, async () => follow(await open(server.port))))
  const sleepers = await Promise.all(Array.from({ length: 20 }, () => open(server.port)))
  const leaving = await open(server.port)
  const left = follow(leaving)
  const allRead = () => expect.poll(() => readers.every(({ last }) => last === server.published()), { timeout: 30_000 })

  await server.publish(eventsPerStep, 'connected')
  await allRead().toBe(true)
  await expect.poll(() => left.last).toBe(eventsPerStep)
  leaving.destroy()
  const before = await server.measure()
  for (let step = 0; step < 40; step += 1) {
    await server.publish(eventsPerStep, 'connected')
    await allRead().toBe(true)
  }
  await server.publish(calls, 'completed')
  await allRead().toBe(true)

  // All of it is still in the log, once; who does not read has a piece or two waiting.
  const toldBytes = (server.published() - eventsPerStep) * eventBytes
  const after = await server.measure()
  expect(after.heldBytes - before.heldBytes).toBeLessThan(toldBytes + 8 * mebibyte)
  expect(after.unsentBytes).toBeLessThan(sleepers.length * mostUnsentBytes)
  expect(readers.filter(({ gaps, resyncs }) => gaps + resyncs > 0)).toEqual([])

  // Who was away gets all of it, in order.
  const back = follow(await open(server.port, `e1-${eventsPerStep}`), eventsPerStep)
  await expect.poll(() => back.last, { timeout: 30_000 }).toBe(server.published())
  expect(back).toMatchObject({ gaps: 0, resyncs: 0 })

  // Who wakes up gets less, and the end of every call.
  const [sleeper] = sleepers
  let text = ''
  sleeper?.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  await expect.poll(() => text.includes(`id: e1-${server.published()}\n`), { timeout: 30_000 }).toBe(true)
  const heard = readEvents(text)
  expect(heard.map(({ name }) => name)).not.toContain('resync')
  expect(heard.length).toBeLessThan(server.published())
  const ended = heard.filter(({ name }) => name === 'call.ended')
  expect(new Set(ended.map(({ data }) => (data as { call: { id: string } }).call.id)).size).toBe(calls)
}, 120_000)
