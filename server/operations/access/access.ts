import type { Actor, Handlers } from '../../../shared/contract/index.ts'
import type { ApiToken } from '../../ports/access.ts'
import type { AccessDeps } from './access-deps.ts'
import { createAccountHandlers } from './account.ts'
import { createApiTokenHandlers, createApiTokens, type ApiTokens } from './api-tokens.ts'
import { createPasswordDesk } from './password-desk.ts'
import { createSessions, type SessionFound } from './sessions.ts'
import { createSignInThrottle } from './sign-in-throttle.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createUserHandlers } from './users.ts'

/** What a request carries to say who sends it; one of them. `sessionId`: of a request that was let in and goes on. */
export interface Credentials {
  readonly bearer?: string
  readonly sessionCookie?: string
  /** The answer carries no cookie, so the secret stays as it is. */
  readonly keepsCookie?: boolean
  readonly sessionId?: string
}

type AccessHandlers = Pick<Handlers, Extract<keyof Handlers, `${'users' | 'apiTokens' | 'account'}.${string}`>>

/** Who may come in, and how. */
export interface Access {
  authenticate(credentials: Credentials): Promise<({ readonly actor: Actor } & Partial<SessionFound>) | undefined>
  readonly signIn: SignIn
  readonly tokens: ApiTokens
  readonly handlers: AccessHandlers
}

const actorOf = ({ id, name, role, tenantId }: ApiToken): Actor => ({
  kind: 'token',
  name,
  role,
  tenantId,
  tokenId: id,
})

export const createAccess = (deps: AccessDeps): Access => {
  const sessions = createSessions(deps)
  const passwords = createPasswordDesk(deps.passwords)
  const throttle = createSignInThrottle(deps.clock.steadyMs)
  const signIn = createSignIn({ ...deps, passwords, throttle, sessions })
  const tokens = createApiTokens(deps)

  return {
    async authenticate({ bearer, sessionCookie, sessionId, keepsCookie }) {
      if (bearer !== undefined) {
        const token = await tokens.find(bearer)
        return token && { actor: actorOf(token) }
      }
      if (sessionId !== undefined) {
        const actor = await sessions.byId(sessionId)
        return actor && { actor }
      }
      return sessionCookie === undefined ? undefined : sessions.find(sessionCookie, keepsCookie)
    },
    signIn,
    tokens,
    handlers: {
      ...createUserHandlers({ ...deps, passwords, signIn }),
      ...createApiTokenHandlers(tokens),
      ...createAccountHandlers({ ...deps, passwords, throttle }),
    },
  }
}
