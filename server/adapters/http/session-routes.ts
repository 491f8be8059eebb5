import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cookieOptions, deviceCookieName, sessionCookieName, type Access } from './access.ts'
import { sendFailure } from './failures.ts'
import type { OpenedSession, SignIn } from './sign-in.ts'

export const sessionPath = '/api/v1/session'

interface SessionRouteDeps {
  readonly access: Access
  readonly signIn: SignIn
  readonly isSecure: (request: FastifyRequest) => boolean
}

/** A few words; who signs in is nobody yet, so nobody gets to send more. */
const bodyLimitBytes = 8192
const longestText = 512
const deviceDays = 400

const invalid = (reply: FastifyReply, path: string, message: string): FastifyReply =>
  sendFailure(reply, { code: 'INVALID_INPUT', message: `${path} ${message}`, details: [{ path, message }] })

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestText

/** How a browser signs in and out. Opening is open to all: what it sends is the credential. */
export const addSessionRoutes = (app: FastifyInstance, { access, signIn, isSecure }: SessionRouteDeps): void => {
  const cookiesOf = (request: FastifyRequest) => {
    const secure = isSecure(request)
    return { session: sessionCookieName(secure), device: deviceCookieName(secure), options: cookieOptions(secure) }
  }
  const admit = { onRequest: app.admitOnly }

  const welcome = (request: FastifyRequest, reply: FastifyReply, opened: OpenedSession) => {
    const { session, options } = cookiesOf(request)
    void reply.setCookie(session, opened.cookie, { ...options, maxAge: opened.maxAgeSeconds })
    return { csrfToken: opened.csrfToken, actor: opened.actor }
  }

  const byCode = async (request: FastifyRequest, reply: FastifyReply, code: unknown) => {
    if (!isText(code)) return invalid(reply, '/code', 'must be the one-time code of a sign-in link')
    const session = await signIn.byCode(code, request.ip)
    if (session) return welcome(request, reply, session)
    return sendFailure(reply, {
      code: 'UNAUTHENTICATED',
      message: 'This sign-in link was used before or is too old; each one works once. Ask the server for a new one.',
    })
  }

  const byPassword = async (request: FastifyRequest, reply: FastifyReply, email: unknown, password: unknown) => {
    if (!isText(email)) return invalid(reply, '/email', 'must be the e-mail address of a user')
    if (!isText(password)) return invalid(reply, '/password', 'must be the password of that user')
    const { device: deviceCookie, options } = cookiesOf(request)
    const device = request.cookies[deviceCookie]?.slice(0, longestText)
    const session = await signIn.byPassword({ email, password, address: request.ip, device })
    if (session) {
      void reply.setCookie(deviceCookie, session.device, { ...options, maxAge: deviceDays * 24 * 3600 })
      return welcome(request, reply, session)
    }
    return sendFailure(reply, {
      code: 'UNAUTHENTICATED',
      message:
        'The e-mail address or the password is wrong. If you have forgotten it, ask an owner for a sign-in link.',
    })
  }

  app.post(sessionPath, { bodyLimit: bodyLimitBytes }, async (request, reply) => {
    if (access.isForeign(request))
      return sendFailure(reply, { code: 'FORBIDDEN', message: 'This request comes from a page of another origin' })
    const { code, email, password } = (request.body ?? {}) as Record<string, unknown>
    return email === undefined && password === undefined
      ? byCode(request, reply, code)
      : byPassword(request, reply, email, password)
  })

  app.get(sessionPath, admit, async ({ actor, csrfToken }) => ({ actor, csrfToken }))

  app.delete(sessionPath, admit, async (request, reply) => {
    const id = request.credentials?.sessionId
    if (id !== undefined) await signIn.close(id, request.ip)
    const { session, options } = cookiesOf(request)
    return reply.clearCookie(session, options).code(204).send()
  })
}
