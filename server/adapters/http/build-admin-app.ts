import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyRequest, type onRequestAsyncHookHandler } from 'fastify'
import type { EventLog } from '../../ports/event-log.ts'
import type { Log } from '../../ports/system.ts'
import { createAccess } from './access.ts'
import { answerError, useJsonBodies } from './admin-errors.ts'
import { refuseBroken } from './broken-requests.ts'
import { connectionOptions, guardConnections } from './connections.ts'
import { addConsolePages, isScreenPath } from './console-pages.ts'
import { addContractRoutes, methodsOf, type Dispatch } from './contract-routes.ts'
import { addDocsPages } from './docs-pages.ts'
import { addEventStream } from './event-stream.ts'
import { sendFailure } from './failures.ts'
import { guardHost } from './host-guard.ts'
import { buildOpenApi } from './openapi.ts'
import { addProbes, type Readiness } from './probes.ts'
import { bodyLimitBytes } from './read-body.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { addSessionRoutes } from './session-routes.ts'
import type { Authenticate, SignIn } from './sign-in.ts'
import type { FollowedTls } from './tls-files.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** A hook that lets only signed-in actors through. */
    admitOnly: onRequestAsyncHookHandler
  }
}

export interface AdminAppDeps {
  readonly dispatch: Dispatch
  readonly authenticate: Authenticate
  readonly signIn: SignIn
  readonly eventLog: EventLog
  readonly isKnownTenant: (id: string) => boolean
  readonly readiness: () => Readiness
  readonly metrics: () => Promise<string> | string
  /** Where the built console lies. */
  readonly consoleDir?: string | undefined
  /** Names besides localhost under which the admin listener may be reached. */
  readonly allowedHosts?: readonly string[] | undefined
  readonly log: Log
  readonly version: string
  /** Whoever asks is asked over TLS, whatever the request says: cookies then travel over nothing else. */
  readonly secureCookies: boolean
  readonly tls?: FollowedTls | undefined
  /** Addresses and networks whose X-Forwarded-… headers are believed. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly mostConnections?: number | undefined
}

const requestTimeoutMs = 30_000
/** Who takes nothing of an answer for so long does not get the rest. Event streams say something more often. */
const silenceMs = 120_000

export const buildAdminApp = async (deps: AdminAppDeps): Promise<FastifyInstance> => {
  const { log, allowedHosts = [], trustedProxies = [], tls } = deps
  const isSecure = ({ protocol }: FastifyRequest): boolean => deps.secureCookies || protocol === 'https'
  const access = createAccess({ authenticate: deps.authenticate, isSecure, allowedHosts })
  const onError = answerError(log)

  const app = Fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: silenceMs,
    ...connectionOptions({ requestTimeoutMs, maxHeaderBytes: 16 * 1024, tls: tls?.options }),
    clientErrorHandler: refuseBroken,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
  })
  guardConnections(app, { most: deps.mostConnections })
  tls?.serve(app)
  useJsonBodies(app)
  app.setErrorHandler(onError)
  app.decorateRequest('actor', undefined)
  app.decorateRequest('csrfToken', undefined)
  app.decorateRequest('credentials', undefined)
  app.decorate('admitOnly', async (request, reply) => {
    if (!(await access.admit(request, reply))) return reply
  })

  addSecurityHeaders(app, isSecure)
  guardHost(app, allowedHosts)
  await app.register(cookie)

  addProbes(app, { access, readiness: deps.readiness, metrics: deps.metrics })
  addSessionRoutes(app, { access, signIn: deps.signIn, isSecure })
  await app.register(async (api) => {
    api.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    api.addHook('onRequest', app.admitOnly)
    addContractRoutes(api, deps.dispatch)
    addEventStream(api, {
      eventLog: deps.eventLog,
      isKnownTenant: deps.isKnownTenant,
      log,
      isStillWelcome: async ({ credentials, actor }) => {
        const now = credentials && (await deps.authenticate(credentials))?.actor
        // What may be heard was found out at the beginning.
        return now !== undefined && now.tenantId === actor?.tenantId && now.role === actor?.role
      },
    })
  })
  await addDocsPages(app, access, JSON.stringify(buildOpenApi({ version: deps.version })))
  const sendConsole = await addConsolePages(app, deps.consoleDir)

  app.setNotFoundHandler(async (request, reply) => {
    if (isScreenPath(request)) return sendConsole(reply)
    const path = request.url.split('?', 1)[0] ?? ''
    if (!path.startsWith('/api/')) return sendFailure(reply, { code: 'NOT_FOUND', message: 'There is nothing here' })
    if (!(await access.admit(request, reply))) return reply
    const methods = methodsOf(path)
    if (methods.length === 0) return sendFailure(reply, { code: 'NOT_FOUND', message: `There is nothing at ${path}` })
    void reply.header('allow', methods.join(', '))
    const message = `${request.method} is not offered at ${path}, which takes ${methods.join(', ')}`
    return sendFailure(reply, { code: 'NOT_FOUND', message })
  })
  return app
}
