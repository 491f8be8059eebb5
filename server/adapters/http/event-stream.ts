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

const frameOf = ({ seq, name, payload }: ControlPlaneEvent): string =>
  `id: ${seq}\nevent: ${name}\ndata: ${JSON.stringify(payload)}\n\n`

/** Events without a tenant are about the site, which concerns everybody signed in. */
const isFor = (tenantId: string | undefined, { payload }: ControlPlaneEvent): boolean =>
  tenantId === undefined || !('tenantId' in payload) || payload.tenantId === tenantId

interface Client {
  readonly response: ServerResponse
  readonly tenantId: string | undefined
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
const missedFrames = (events: EventBus, lastId: string | undefined, tenantId: string | undefined): string => {
  if (lastId === undefined) return ''
  const missed = /^\d{1,15}$/.test(lastId) ? events.since(Number(lastId)) : undefined
  if (missed === undefined) return resync
  const frames = missed.filter((event) => isFor(tenantId, event)).map(frameOf)
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
    const frame = frameOf(event)
    for (const client of clients) if (isFor(client.tenantId, event)) write(client, frame)
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
    const client: Client = { response, tenantId, isStillWelcome: () => deps.isStillWelcome(request) }
    // Nothing can be published between reading what was missed and joining: all of this is one step.
    response.write(`retry: 2000\n\n${missedFrames(deps.events, lastSeen(request), tenantId)}`)
    clients.add(client)
    response.on('close', () => clients.delete(client))
    response.on('error', () => clients.delete(client))
  })
}
