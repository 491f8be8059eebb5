import type { FastifyInstance } from 'fastify'
import type { Access } from './access.ts'
import { sendFailure } from './failures.ts'
import type { SignIn } from './sign-in.ts'

export const sessionPath = '/api/v1/session'

interface SessionRouteDeps {
  readonly access: Access
  readonly signIn: SignIn
  readonly cookieName: string
  readonly secureCookies: boolean
}

/** How a browser signs in and out. Opening is open to all: the one-time code is the credential. */
export const addSessionRoutes = (app: FastifyInstance, deps: SessionRouteDeps): void => {
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'strict', secure: deps.secureCookies } as const
  const admit = { onRequest: app.admitOnly }

  app.post(sessionPath, async (request, reply) => {
    if (deps.access.isForeign(request)) {
      return sendFailure(reply, { code: 'FORBIDDEN', message: 'This request comes from a page of another origin' })
    }
    const { code } = (request.body ?? {}) as { code?: unknown }
    if (typeof code !== 'string' || code === '' || code.length > 512) {
      return sendFailure(reply, {
        code: 'INVALID_INPUT',
        message: '/code must be the one-time code of a sign-in link',
        details: [{ path: '/code', message: 'must be the one-time code of a sign-in link' }],
      })
    }
    const session = await deps.signIn.open(code)
    if (!session) {
      return sendFailure(reply, {
        code: 'UNAUTHENTICATED',
        message: 'This sign-in link was used before or is too old; each one works once. Ask the server for a new one.',
      })
    }
    void reply.setCookie(deps.cookieName, session.cookie, { ...cookieOptions, maxAge: session.maxAgeSeconds })
    return { csrfToken: session.csrfToken, actor: session.actor }
  })

  app.get(sessionPath, admit, async ({ actor, csrfToken }) => ({ actor, csrfToken }))

  app.delete(sessionPath, admit, async (request, reply) => {
    const cookie = request.credentials?.sessionCookie
    if (cookie !== undefined) await deps.signIn.close(cookie)
    return reply.clearCookie(deps.cookieName, cookieOptions).code(204).send()
  })
}
