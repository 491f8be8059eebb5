import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock, Log } from '../../ports/system.ts'
import type { HandleWebhook, WebhookAnswer, WebhookRequest } from '../../ports/webhooks.ts'
import type { WebhookKind } from '../../../shared/vocabulary.ts'
import { refuseBroken } from './broken-requests.ts'
import { connectionOptions, guardConnections } from './connections.ts'
import { decodeBody, decodeQuery } from './decode-webhook.ts'
import { readBody, type BodyReading } from './read-body.ts'
import { describeError, maskedPath } from './redact.ts'
import type { FollowedTls } from './tls-files.ts'

export interface WebhookAppDeps {
  readonly handle: HandleWebhook
  readonly log: Log
  /** The clock that `handle` measures with. */
  readonly clock: Pick<Clock, 'micros'>
  readonly isClosing: () => boolean
  readonly tls?: FollowedTls | undefined
  readonly mostConnections?: number | undefined
}

/** A webhook of 1 MiB takes a slow line a few seconds; the platform's have some KiB. */
const requestTimeoutMs = 20_000
/** Who takes nothing of an answer for so long does not get the rest. */
const silenceMs = 60_000

type Request = FastifyRequest<{ Params: { tenantKey: string } }>

const xml = 'application/xml; charset=utf-8'
const json = 'application/json; charset=utf-8'

/** What is said when nobody is there to decide. The platform drops a call for anything but 200 with a document. */
const rejection: WebhookAnswer = {
  status: 200,
  contentType: xml,
  body: '<?xml version="1.0" encoding="UTF-8"?><Response><Reject reason="rejected"/></Response>',
}
const failure = (status: number, code: string, message: string): WebhookAnswer => ({
  status,
  contentType: json,
  body: JSON.stringify({ error: { code, message } }),
})
const unavailable = failure(503, 'UNAVAILABLE', 'The event could not be stored; send it again')
const notFound = failure(404, 'NOT_FOUND', 'There is nothing here')

const fallbackAnswers: Readonly<Record<WebhookKind, WebhookAnswer>> = {
  voice_request: rejection,
  dial_result: rejection,
  session_update: unavailable,
  cdr: unavailable,
}

const queryStringOf = (url: string): string => {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1)
}

/** Node joins repeated headers into one text, all but this one. */
const headersOf = (request: Request): Readonly<Record<string, string>> => {
  const headers = request.headers
  if (headers['set-cookie'] === undefined) return headers as Record<string, string>
  return { ...(headers as Record<string, string>), 'set-cookie': String(headers['set-cookie']) }
}

const isCxmlPath = (url: string): boolean => /^\/+voice\/.*\b(?:application|dial-result)(?:[/?#]|$)/i.test(url)

const send = (reply: FastifyReply, answer: WebhookAnswer): void => {
  void reply.code(answer.status).header('content-type', answer.contentType).send(answer.body)
}

export const buildWebhookApp = ({
  handle,
  log,
  clock,
  isClosing,
  tls,
  mostConnections,
}: WebhookAppDeps): FastifyInstance => {
  const app = Fastify({
    logger: false,
    trustProxy: false,
    exposeHeadRoutes: false, // asking with HEAD must not take a slot
    return503OnClosing: false,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: silenceMs,
    // A voice request may come by GET with everything in its query string.
    ...connectionOptions({ requestTimeoutMs, maxHeaderBytes: 64 * 1024, tls: tls?.options }),
    clientErrorHandler: refuseBroken,
    routerOptions: { maxParamLength: 64 * 1024, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    frameworkErrors: (_error, request, reply) => send(reply, isCxmlPath(request.raw.url ?? '') ? rejection : notFound),
  })

  guardConnections(app, { most: mostConnections })
  tls?.serve(app)
  // Bodies are read by the handlers, whatever they call themselves: a wrong content type is no reason to drop a call.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  const fault = (kind: WebhookKind, request: FastifyRequest, reply: FastifyReply, error: unknown): void => {
    log.error(
      { kind, path: maskedPath(request.url), ...describeError(error) },
      'A webhook was answered without a decision',
    )
    if (!reply.sent) send(reply, fallbackAnswers[kind])
  }

  const decide = (kind: WebhookKind, request: Request, reply: FastifyReply, webhook: WebhookRequest): void => {
    handle(webhook).then(
      (answer) => send(reply, answer),
      (error: unknown) => fault(kind, request, reply, error),
    )
  }

  const receive =
    (kind: WebhookKind) =>
    (request: Request, reply: FastifyReply): void => {
      const receivedAtMicros = clock.micros()
      if (isClosing()) return send(reply, fallbackAnswers[kind])
      const headers = headersOf(request)
      const query = decodeQuery(request.query)
      const url = request.raw.url ?? ''
      const base = { kind, tenantKey: request.params.tenantKey, headers, query, receivedAtMicros }

      const onRead = (reading: BodyReading) => {
        try {
          if (reading.kind === 'whole') {
            const hints = { contentType: headers['content-type'], contentEncoding: headers['content-encoding'] }
            const decoded = decodeBody(reading.body, hints, query, queryStringOf(url))
            return decide(kind, request, reply, { ...base, ...decoded })
          }
          const tooLarge = reading.kind === 'too large'
          if (tooLarge && !reading.drained) void reply.header('connection', 'close')
          const reason = tooLarge ? 'a body over 1 MiB' : 'a body that broke off'
          decide(kind, request, reply, { ...base, fields: query, payload: '', unreadable: { reason, tooLarge } })
        } catch (error) {
          fault(kind, request, reply, error)
        }
      }
      try {
        if (request.method === 'GET') {
          decide(kind, request, reply, { ...base, fields: query, payload: queryStringOf(url) })
          return
        }
        readBody(request.raw, headers['content-length'], onRead)
      } catch (error) {
        fault(kind, request, reply, error)
      }
    }

  const route = (kind: WebhookKind, method: ('GET' | 'POST')[], path: string): void => {
    const handler = receive(kind)
    app.route<{ Params: { tenantKey: string } }>({
      method,
      url: `/voice/:tenantKey/${path}`,
      handler,
      errorHandler: (error, request, reply) => {
        // Raised before the body is read, when the content type is no media type at all.
        if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') handler(request, reply)
        else fault(kind, request, reply, error)
      },
    })
  }
  route('voice_request', ['GET', 'POST'], 'application')
  route('dial_result', ['GET', 'POST'], 'dial-result')
  route('session_update', ['POST'], 'session')
  route('cdr', ['POST'], 'cdr')

  app.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: (_request, reply) => {
      const closing = isClosing()
      send(reply, {
        status: closing ? 503 : 200,
        contentType: json,
        body: `{"status":"${closing ? 'closing' : 'ok'}"}`,
      })
    },
  })

  const answerUnknown = (request: FastifyRequest, reply: FastifyReply): void =>
    send(reply, isCxmlPath(request.raw.url ?? '') ? rejection : notFound)
  app.setNotFoundHandler(answerUnknown)
  app.setErrorHandler((_error, request, reply) => answerUnknown(request, reply))
  return app
}
