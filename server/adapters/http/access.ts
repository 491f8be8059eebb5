import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor, Failure } from '../../../shared/contract/index.ts'
import { sendFailure } from './failures.ts'
import { hostName } from './host-guard.ts'
import type { Authenticate, Credentials } from './sign-in.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers of this route are written past Fastify: a cookie would not go along. */
    keepsCookie?: boolean
  }
  interface FastifyRequest {
    actor: Actor | undefined
    /** There when the actor is a browser's session. */
    csrfToken: string | undefined
    credentials: Credentials | undefined
  }
}

/** With TLS the prefix makes browsers refuse a cookie of that name that somebody else has set. */
export const sessionCookieName = (isSecure: boolean): string =>
  isSecure ? '__Host-switchyard_session' : 'switchyard_session'

/** What a browser keeps beyond its session: that somebody was signed in there. */
export const deviceCookieName = (isSecure: boolean): string =>
  isSecure ? '__Host-switchyard_device' : 'switchyard_device'

export const cookieOptions = (isSecure: boolean) =>
  ({ path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure }) as const

const changesNothing = new Set(['GET', 'HEAD', 'OPTIONS'])

const digest = (text: string) => createHash('sha256').update(text).digest()
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

export interface Access {
  /** Finds out who asks and refuses what nobody may; true when the request may go on. */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<boolean>
  /** Finds out who asks; undefined when nobody is signed in. */
  identify(request: FastifyRequest, reply: FastifyReply): Promise<Actor | undefined>
  /** A request that a page of somebody else has sent. */
  isForeign(request: FastifyRequest): boolean
}

export const createAccess = (options: {
  readonly authenticate: Authenticate
  /** Whether it came over TLS, ours or that of a proxy that is trusted. */
  readonly isSecure: (request: FastifyRequest) => boolean
  readonly allowedHosts: readonly string[]
}): Access => {
  const allowed = new Set(options.allowedHosts.map(hostName))

  const credentialsOf = (request: FastifyRequest): Credentials | undefined => {
    const bearer = /^bearer +(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1]
    if (bearer !== undefined) return { bearer }
    const sessionCookie = request.cookies[sessionCookieName(options.isSecure(request))]
    if (sessionCookie === undefined || sessionCookie === '') return undefined
    return { sessionCookie, keepsCookie: request.routeOptions.config.keepsCookie === true }
  }

  const isForeign = (request: FastifyRequest): boolean => {
    const origin = request.headers.origin
    if (origin === undefined) return false
    const host = URL.canParse(origin) ? new URL(origin).host.toLowerCase() : ''
    if (host === '') return true
    // A proxy in front may send its own name as Host; the browser then names one of the allowed hosts.
    return host !== request.headers.host?.toLowerCase() && !allowed.has(hostName(host))
  }

  const identify = async (request: FastifyRequest, reply: FastifyReply): Promise<Actor | undefined> => {
    const credentials = credentialsOf(request)
    const found = credentials && (await options.authenticate(credentials))
    if (!found) return undefined
    const { actor, renewed } = found
    request.credentials = actor.sessionId === undefined ? credentials : { ...credentials, sessionId: actor.sessionId }
    request.actor = actor
    if (renewed) {
      const { cookie, maxAgeSeconds } = renewed
      const isSecure = options.isSecure(request)
      void reply.setCookie(sessionCookieName(isSecure), cookie, { ...cookieOptions(isSecure), maxAge: maxAgeSeconds })
    }
    request.csrfToken = credentials.sessionCookie === undefined ? undefined : found.csrfToken
    return actor
  }

  /** A browser sends its cookie along whoever asks for the request, so changes need a second proof. */
  const forgery = (request: FastifyRequest): Failure | undefined => {
    if (request.credentials?.sessionCookie === undefined || changesNothing.has(request.method)) return undefined
    if (isForeign(request)) return { code: 'FORBIDDEN', message: 'This request comes from a page of another origin' }
    const sent = request.headers['x-csrf-token']
    if (typeof sent === 'string' && request.csrfToken !== undefined && isSame(sent, request.csrfToken)) return undefined
    return {
      code: 'FORBIDDEN',
      message: 'With a session cookie, changes need the header X-CSRF-Token; GET /api/v1/session tells its value',
    }
  }

  return {
    identify,
    isForeign,
    async admit(request, reply) {
      if (!(await identify(request, reply))) {
        sendFailure(reply, {
          code: 'UNAUTHENTICATED',
          message: 'Sign in to the console, or send an API token as Authorization: Bearer …',
        })
        return false
      }
      const failure = forgery(request)
      if (failure) sendFailure(reply, failure)
      return failure === undefined
    },
  }
}
