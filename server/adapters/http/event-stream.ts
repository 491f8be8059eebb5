import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ControlPlaneEvent } from '../../../shared/contract/events.ts'
import type { EventBus } from '../../ports/event-bus.ts'
import { sendFailure } from './failures.ts'
import { describeError } from './redact.ts'
import type { Log } from '../../ports/system.ts'

export const eventsPath = '/api/v1/events'

const heartbeatMs = 15_000
/** A client that reads slower than this piles up is dropped; it comes back and names the last event it saw. */
const maxUnsentBytes = 1024 * 1024

const resync = 'event: resync\ndata: {}\n\n'

/** The start stands before the number, which counts anew after a restart. */
const frameOf = (startedAtMs: number, { seq, name, payload }: ControlPlaneEvent): string =>
  `id: ${startedAtMs}-${seq}\nevent: ${name}\ndata: ${JSON.stringify(payload)}\n\n`

interface Listener {
  readonly tenantId: string | undefined
  /** May see no other tenant, nor figures that count them all. */
  readonly isBound: boolean
}

/** Events without a tenant are about the site, which concerns everybody signed in. */
const isFor = ({ tenantId, isBound }: Listener, { name, payload }: ControlPlaneEvent): boolean => {
  if (name === 'metrics.updated') return !isBound
  return tenantId === undefined || !('tenantId' in payload) || payload.tenantId === tenantId
}

interface Client extends Listener {
  readonly response: ServerResponse
  /** False once who opened the stream may not read it any more. */
  readonly isStillWelcome: () => Promise<boolean>
}

const lastSeen = (request: FastifyRequest): string | undefined => {
  const header = request.headers['last-event-id']
  const { lastEventId } = request.query as { lastEventId?: unknown }
  if (typeof header === 'string') return header
  return typeof lastEventId === 'string' ? lastEventId : undefined
}

/** What a client missed, as frames; a request to read everything again when that is not known or too much. */
const missedFrames = (events: EventBus, lastId: string | undefined, listener: Listener): string => {
  if (lastId === undefined) return ''
  const [, start, seq] = /^(\d{1,15})-(\d{1,15})$/.exec(lastId) ?? []
  const missed = Number(start) === events.startedAtMs ? events.since(Number(seq)) : undefined
  if (missed === undefined) return resync
  const frames = missed.filter((event) => isFor(listener, event)).map((event) => frameOf(events.startedAtMs, event))
  return frames.reduce((bytes, frame) => bytes + frame.length, 0) > maxUnsentBytes / 2 ? resync : frames.join('')
}

export const addEventStream = (
  app: FastifyInstance,
  deps: {
    readonly events: EventBus
    readonly log: Log
    readonly isStillWelcome: (request: FastifyRequest) => Promise<boolean>
  },
): void => {
  const clients = new Set<Client>()

  const drop = (client: Client): void => {
    clients.delete(client)
    client.response.destroy()
  }
  const write = (client: Client, frame: string): void => {
    if (client.response.writableLength > maxUnsentBytes) drop(client)
    else client.response.write(frame)
  }

  const unsubscribe = deps.events.subscribe((event) => {
    if (clients.size === 0) return
    const frame = frameOf(deps.events.startedAtMs, event)
    for (const client of clients) if (isFor(client, event)) write(client, frame)
  })

  const beat = async (client: Client): Promise<void> => {
    write(client, ': still here\n\n')
    try {
      if (await client.isStillWelcome()) return
      clients.delete(client)
      client.response.end()
    } catch (error) {
      deps.log.warn(describeError(error), 'Could not check whether a listener is still signed in')
    }
  }
  const heart = setInterval(() => {
    for (const client of clients) void beat(client)
  }, heartbeatMs)
  heart.unref()

  app.addHook('preClose', async () => {
    clearInterval(heart)
    unsubscribe()
    for (const client of clients) client.response.end()
    clients.clear()
  })

  app.get(eventsPath, { exposeHeadRoute: false }, (request, reply) => {
    const asked = (request.query as { tenantId?: unknown }).tenantId
    const bound = request.actor?.tenantId
    if ((asked !== undefined && typeof asked !== 'string') || asked === '') {
      sendFailure(reply, { code: 'INVALID_INPUT', message: '/tenantId must be the id of one tenant' })
      return
    }
    if (bound !== undefined && asked !== undefined && asked !== bound) {
      sendFailure(reply, { code: 'NOT_FOUND', message: 'There is no such tenant' })
      return
    }
    const tenantId = bound ?? asked
    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no', // proxies that buffer would hold events back
    })
    const listener = { tenantId, isBound: bound !== undefined }
    const client: Client = { response, ...listener, isStillWelcome: () => deps.isStillWelcome(request) }
    // Nothing can be published between reading what was missed and joining: all of this is one step.
    response.write(`retry: 2000\n\n${missedFrames(deps.events, lastSeen(request), listener)}`)
    clients.add(client)
    response.on('close', () => clients.delete(client))
    response.on('error', () => clients.delete(client))
  })
}
