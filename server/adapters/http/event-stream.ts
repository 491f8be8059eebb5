import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { EventFollower, EventLog } from '../../ports/event-log.ts'
import type { Log } from '../../ports/system.ts'
import { readEventFilter } from './event-filter.ts'
import { sendFailure } from './failures.ts'
import { describeError } from './redact.ts'

export const eventsPath = '/api/v1/events'

const heartbeatMs = 15_000
/** Who has taken nothing for this long is dropped. It comes back and names the last event it got. */
const patienceMs = 60_000
/** How long the rest of an ended stream may take to go out. */
const farewellMs = 1000

interface Client {
  readonly response: ServerResponse
  readonly follower: EventFollower
  /** False once who opened the stream may not read it any more. */
  readonly isStillWelcome: () => Promise<boolean>
  /** Since when what was written waits to be taken; nothing more is written meanwhile. */
  fullSinceMs: number | undefined
}

/** Who names several has not said where to go on. */
const lastSeen = (request: FastifyRequest): string | undefined => {
  const header = request.headers['last-event-id']
  const { lastEventId } = request.query as { lastEventId?: string | string[] }
  const named = header === undefined || header === '' ? lastEventId : header
  return named === undefined || named === '' ? undefined : String(named)
}

const write = (client: Client, bytes: Uint8Array | string): void => {
  if (!client.response.write(bytes)) client.fullSinceMs = performance.now()
}

/** Writes what is new as long as it is taken: what a slow client has yet to read stays in the log, not in its socket. */
const pump = (client: Client): void => {
  if (client.fullSinceMs !== undefined || client.response.destroyed || client.response.writableEnded) return
  const bytes = client.follower.next()
  if (!bytes) return
  write(client, bytes)
  // Not in a loop: many clients that catch up at once must not keep calls waiting.
  setImmediate(pump, client)
}

export const addEventStream = (
  app: FastifyInstance,
  deps: {
    readonly eventLog: EventLog
    readonly log: Log
    readonly isKnownTenant: (id: string) => boolean
    readonly isStillWelcome: (request: FastifyRequest) => Promise<boolean>
  },
): void => {
  const clients = new Set<Client>()
  let isClosing = false

  const leave = (client: Client): void => {
    clients.delete(client)
    client.follower.close()
  }
  const end = (client: Client): void => {
    leave(client)
    client.response.end()
    // Who does not read would keep the connection, and with it a closing server.
    const farewell = setTimeout(() => client.response.destroy(), farewellMs)
    client.response.once('close', () => clearTimeout(farewell))
  }

  const beat = async (client: Client): Promise<void> => {
    if (client.fullSinceMs === undefined) write(client, `: still here\nid: ${client.follower.place()}\n\n`)
    else if (performance.now() - client.fullSinceMs > patienceMs) return void client.response.destroy()
    try {
      if (!(await client.isStillWelcome())) end(client)
    } catch (error) {
      deps.log.warn(describeError(error), 'Could not check whether a listener is still signed in')
    }
  }
  const heart = setInterval(() => {
    for (const client of clients) void beat(client)
  }, heartbeatMs)
  heart.unref()

  app.addHook('preClose', async () => {
    isClosing = true
    clearInterval(heart)
    for (const client of clients) end(client)
  })

  app.get(eventsPath, { exposeHeadRoute: false, config: { keepsCookie: true } }, (request, reply) => {
    const asked = readEventFilter(request.actor, request.query as object, deps.isKnownTenant)
    if ('error' in asked) {
      sendFailure(reply, asked.error)
      return
    }
    // It was asked for before, and let in since.
    if (isClosing) {
      sendFailure(reply, { code: 'UNAVAILABLE', message: 'The server is shutting down; listen again in a moment' })
      return
    }
    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform', // nor compress: that, too, would hold events back
      'x-accel-buffering': 'no', // proxies that buffer would hold events back
    })
    const client: Client = {
      response,
      follower: deps.eventLog.follow(asked.filter, lastSeen(request), () => pump(client)),
      isStillWelcome: () => deps.isStillWelcome(request),
      fullSinceMs: undefined,
    }
    clients.add(client)
    response.on('drain', () => {
      client.fullSinceMs = undefined
      pump(client)
    })
    response.on('close', () => leave(client))
    response.on('error', () => leave(client))
    write(client, 'retry: 2000\n\n')
    pump(client)
  })
}
