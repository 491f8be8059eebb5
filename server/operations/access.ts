import type { Actor } from '../../shared/contract/index.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { DomainError } from '../domain/errors.ts'
import type { AccessStore, ApiToken } from '../ports/access.ts'
import type { Clock, Crypto, Log, NewId, NewSecret } from '../ports/system.ts'

export interface AccessDeps {
  readonly store: AccessStore
  readonly clock: Clock
  readonly crypto: Crypto
  readonly newId: NewId
  readonly newSecret: NewSecret
  readonly log: Log
  isKnownTenant(tenantId: string): Promise<boolean>
}

/** Who may come in, and how. Secrets are random and long, so a plain hash of them is all that is stored. */
export interface Access {
  authenticate(credentials: {
    bearer?: string
    sessionCookie?: string
  }): Promise<{ actor: Actor; csrfToken?: string } | undefined>
  readonly signIn: {
    open(code: string): Promise<{ cookie: string; csrfToken: string; actor: Actor; maxAgeSeconds: number } | undefined>
    close(cookie: string): Promise<void>
  }
  /** A one-time code for a link that signs a browser in as owner. */
  createSignInCode(): Promise<string>
  /** The token itself is shown once, here. */
  createToken(name: string, role: Role, tenantId?: string): Promise<{ token: string; id: string }>
  listTokens(): Promise<readonly Omit<ApiToken, 'hash'>[]>
  revokeToken(id: string): Promise<void>
  /** Makes the token of the environment an owner's, at the first start. */
  bootstrap(token: string | undefined): Promise<void>
}

const secretBits = 256
const sessionSeconds = 12 * 3600
const codeMs = 3_600_000
const advisedTokenLength = 20

export const createAccess = ({ store, clock, crypto, newId, newSecret, log, isKnownTenant }: AccessDeps): Access => {
  const isOver = (expiresAtMs: number | undefined): boolean => expiresAtMs !== undefined && expiresAtMs <= clock.nowMs()

  const byToken = async (bearer: string): Promise<{ actor: Actor } | undefined> => {
    const token = await store.findToken(crypto.digest(bearer))
    if (!token || isOver(token.expiresAtMs)) return undefined
    return { actor: { kind: 'token', name: token.name, role: token.role, tenantId: token.tenantId } }
  }

  const bySession = async (cookie: string): Promise<{ actor: Actor; csrfToken: string } | undefined> => {
    const session = await store.findSession(crypto.digest(cookie))
    if (!session || isOver(session.expiresAtMs)) return undefined
    return { actor: { kind: 'session', name: session.name, role: session.role }, csrfToken: session.csrfToken }
  }

  const storeToken = async (token: string, name: string, role: Role, tenantId?: string): Promise<string> => {
    const id = newId()
    await store.createToken({ id, name, role, tenantId, hash: crypto.digest(token), createdAtMs: clock.nowMs() })
    return id
  }

  return {
    async authenticate({ bearer, sessionCookie }) {
      if (bearer !== undefined) return byToken(bearer)
      return sessionCookie === undefined ? undefined : bySession(sessionCookie)
    },
    signIn: {
      async open(code) {
        if (!(await store.takeSignInCode(crypto.digest(code), clock.nowMs()))) return undefined
        const cookie = newSecret(secretBits)
        const nowMs = clock.nowMs()
        const session = {
          hash: crypto.digest(cookie),
          csrfToken: newSecret(128),
          name: 'Owner',
          role: 'owner' as const,
          createdAtMs: nowMs,
          expiresAtMs: nowMs + sessionSeconds * 1000,
        }
        await store.createSession(session)
        const actor: Actor = { kind: 'session', name: session.name, role: session.role }
        return { cookie, csrfToken: session.csrfToken, actor, maxAgeSeconds: sessionSeconds }
      },
      close: (cookie) => store.deleteSession(crypto.digest(cookie)),
    },
    async createSignInCode() {
      const code = newSecret(192)
      await store.createSignInCode({ hash: crypto.digest(code), expiresAtMs: clock.nowMs() + codeMs })
      return code
    },
    async createToken(name, role, tenantId) {
      if (tenantId !== undefined && role === 'owner') {
        throw new DomainError(
          'INVALID_INPUT',
          "An owner's token holds for the whole site; choose the role admin or analyst for one tenant, or name no tenant",
        )
      }
      if (tenantId !== undefined && !(await isKnownTenant(tenantId)))
        throw new DomainError(
          'NOT_FOUND',
          `There is no tenant ${tenantId}; GET /api/v1/tenants lists them with their ids`,
        )
      const token = `swy_${newSecret(secretBits)}`
      return { token, id: await storeToken(token, name, role, tenantId) }
    },
    listTokens: async () => (await store.tokens()).map(({ hash: _hash, ...token }) => token),
    async revokeToken(id) {
      if (!(await store.deleteToken(id)))
        throw new DomainError('NOT_FOUND', `There is no API token ${id}; \`switchyard token list\` shows them`)
    },
    async bootstrap(token) {
      if (token === undefined || token === '') return
      if (await store.findToken(crypto.digest(token))) return
      if ((await store.tokens()).length > 0) {
        log.warn(
          {},
          'SWITCHYARD_BOOTSTRAP_TOKEN is ignored: it counts at the first start only, and API tokens exist; make one with `switchyard token create`',
        )
        return
      }
      if (token.length < advisedTokenLength) {
        log.warn(
          {},
          `SWITCHYARD_BOOTSTRAP_TOKEN has only ${token.length} characters; anyone who guesses it owns this site. Use at least ${advisedTokenLength} random ones`,
        )
      }
      await storeToken(token, 'bootstrap', 'owner')
    },
  }
}
