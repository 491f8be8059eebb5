import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildAdminApp, type AdminAppDeps } from '../../server/adapters/http/build-admin-app.ts'
import { buildWebhookApp } from '../../server/adapters/http/build-webhook-app.ts'
import { createEventBus } from '../../server/adapters/memory/event-bus.ts'
import { createEventLog, type EventLogOptions } from '../../server/adapters/memory/event-log.ts'
import { DomainError } from '../../server/domain/errors.ts'
import type { EventLog } from '../../server/ports/event-log.ts'
import type { Log } from '../../server/ports/system.ts'
import type { HandleWebhook, WebhookAnswer, WebhookRequest } from '../../server/ports/webhooks.ts'
import type { Actor } from '../../shared/contract/index.ts'

export const rejectDocument = '<?xml version="1.0" encoding="UTF-8"?><Response><Reject reason="rejected"/></Response>'
export const xml = 'application/xml; charset=utf-8'
const json = 'application/json; charset=utf-8'

const aLog = () => {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = []
  const writer = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, log: { info: writer('info'), warn: writer('warn'), error: writer('error') } satisfies Log }
}

/** Says the same to everybody and remembers what it was asked. */
export const aWebhookApp = (options: { handle?: HandleWebhook; isClosing?: () => boolean } = {}) => {
  const asked: WebhookRequest[] = []
  const { lines, log } = aLog()
  const answerFor = ({ kind, unreadable }: WebhookRequest): WebhookAnswer =>
    kind === 'voice_request' || kind === 'dial_result'
      ? { status: 200, contentType: xml, body: '<Response><Hangup/></Response>' }
      : { status: unreadable?.tooLarge ? 413 : unreadable ? 400 : 200, contentType: json, body: '{"ok":true}' }
  const handle: HandleWebhook = async (request) => {
    asked.push(request)
    return options.handle ? options.handle(request) : answerFor(request)
  }
  const app = buildWebhookApp({
    handle,
    log,
    clock: { micros: () => 42 },
    isClosing: options.isClosing ?? (() => false),
  })
  return { app, asked, lines }
}

export const owner: Actor = { kind: 'token', name: 'Ada', role: 'owner' }
const analyst: Actor = { kind: 'token', name: 'Ben', role: 'analyst', tenantId: 't1' }

/** The events of a node whose start is called `e1`, with the number of those who follow them. */
export const someEvents = (options: Partial<EventLogOptions> = {}) => {
  const bus = createEventBus()
  const log = createEventLog(bus, { epoch: 'e1', paceMs: 0, ...options })
  let followers = 0
  const eventLog: EventLog = {
    ...log,
    follow: (...asked) => {
      const follower = log.follow(...asked)
      let isClosed = false
      followers += 1
      return {
        ...follower,
        close: () => {
          if (!isClosed) followers -= 1
          isClosed = true
          follower.close()
        },
      }
    },
  }
  return { bus, eventLog, followers: () => followers }
}

export const anAdminApp = async ({
  events = someEvents(),
  ...options
}: Partial<AdminAppDeps> & { events?: ReturnType<typeof someEvents> } = {}) => {
  const calls: { actor: Actor | undefined; name: string; input: unknown }[] = []
  const sessions = new Set(['cookie-1'])
  const ofSession = (cookie: string): Actor => ({ ...owner, kind: 'session', sessionId: `id of ${cookie}` })
  const { lines, log } = aLog()
  const app = await buildAdminApp({
    dispatch: async (actor, name, input) => {
      calls.push({ actor, name, input })
      return { ok: true, value: { name } }
    },
    authenticate: async ({ bearer, sessionId, sessionCookie = sessionId?.slice('id of '.length) }) => {
      if (bearer === 'owner-token') return { actor: owner }
      if (bearer === 'analyst-token') return { actor: analyst }
      if (sessionCookie !== undefined && sessions.has(sessionCookie)) {
        return { actor: ofSession(sessionCookie), csrfToken: 'csrf-1' }
      }
      return undefined
    },
    signIn: {
      byCode: async (code) => {
        if (code !== 'good-code') return undefined
        sessions.add('cookie-2')
        return { cookie: 'cookie-2', csrfToken: 'csrf-1', actor: ofSession('cookie-2'), maxAgeSeconds: 3600 }
      },
      byPassword: async ({ email, password, device = 'device-1' }) => {
        if (email !== 'ada@example.com') return undefined
        if (password !== 'good-password') throw new DomainError('TOO_MANY_REQUESTS', 'Too many wrong passwords')
        sessions.add('cookie-3')
        const actor = ofSession('cookie-3')
        return { cookie: 'cookie-3', csrfToken: 'csrf-1', actor, maxAgeSeconds: 3600, device: `${device}!` }
      },
      close: async (sessionId) => void sessions.delete(sessionId.slice('id of '.length)),
    },
    eventLog: events.eventLog,
    isKnownTenant: (id) => ['t1', 't2'].includes(id),
    readiness: () => ({ ready: true, status: 'ok', problems: [] }),
    metrics: () => 'switchyard_up 1\n',
    log,
    version: '1.2.3',
    secureCookies: false,
    ...options,
  })
  return { app, calls, sessions, lines, ...events }
}

export const bearer = (token = 'owner-token') => ({ authorization: `Bearer ${token}` })
export const session = (csrf?: string) => ({
  cookie: 'switchyard_session=cookie-1',
  ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
})

export const listen = async (app: FastifyInstance): Promise<number> => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** Sends bytes as they are and collects what comes back until the other side closes. */
export const rawExchange = (port: number, pieces: readonly (string | Buffer)[]): Promise<string> =>
  new Promise((settle, reject) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (heard += text))
    socket.on('close', () => settle(heard))
    socket.on('error', reject)
    for (const piece of pieces) socket.write(piece)
  })
