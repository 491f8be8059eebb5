import type { ApiToken as ShownToken } from '../../../shared/contract/api-tokens.ts'
import type { Handlers } from '../../../shared/contract/index.ts'
import type { Role } from '../../../shared/vocabulary.ts'
import { DomainError } from '../../domain/errors.ts'
import type { ApiToken } from '../../ports/access.ts'
import type { AccessDeps } from './access-deps.ts'
import { assertBinding } from './binding.ts'

const secretBits = 256
const advisedLength = 20
const usedEveryMs = 60_000

interface NewToken {
  readonly name: string
  readonly role: Role
  readonly tenantId?: string | undefined
  readonly expiresAtMs?: number | undefined
}

const shown = ({ hash: _hash, ...token }: ApiToken): ShownToken => token

/** Tokens of automation. Only a hash of each is stored, so each is shown once: where it is made. */
export const createApiTokens = (deps: AccessDeps) => {
  const { store, clock, crypto, newId, newSecret, log, isKnownTenant, claimBootstrap } = deps

  const noteUse = (token: ApiToken): void => {
    const nowMs = clock.nowMs()
    if (token.lastUsedAtMs !== undefined && nowMs - token.lastUsedAtMs < usedEveryMs) return
    store.noteTokenUse(token.id, nowMs).catch((error: unknown) => {
      log.warn({ err: error, token: token.id }, 'When an API token was last used could not be noted')
    })
  }
  const add = async (token: string, given: NewToken): Promise<ApiToken> => {
    const row = { ...given, id: newId(), hash: crypto.digest(token), createdAtMs: clock.nowMs() }
    await store.createToken(row)
    return row
  }

  return {
    find: async (bearer: string): Promise<ApiToken | undefined> => {
      const token = await store.findToken(crypto.digest(bearer))
      if (!token || (token.expiresAtMs !== undefined && token.expiresAtMs <= clock.nowMs())) return undefined
      noteUse(token)
      return token
    },
    list: async (): Promise<readonly ShownToken[]> => (await store.tokens()).map(shown),
    create: async (given: NewToken): Promise<ShownToken & { readonly token: string }> => {
      await assertBinding(given, isKnownTenant)
      if (given.expiresAtMs !== undefined && given.expiresAtMs <= clock.nowMs())
        throw new DomainError('INVALID_INPUT', '/expiresAtMs is in the past; name a time to come, or leave it out')
      const token = `swy_${newSecret(secretBits)}`
      return { ...shown(await add(token, given)), token }
    },
    revoke: async (id: string): Promise<void> => {
      if (!(await store.deleteToken(id)))
        throw new DomainError('NOT_FOUND', `There is no API token ${id}; \`switchyard token list\` shows them`)
    },
    /** Makes the token of the environment an owner's, at the first start. */
    bootstrap: async (token: string | undefined): Promise<void> => {
      if (token === undefined || token === '') return
      if (await store.findToken(crypto.digest(token))) return
      // Revoked, it stays so, although there may be no token any more.
      if ((await store.tokens()).length > 0 || !(await claimBootstrap())) {
        log.warn(
          {},
          'SWITCHYARD_BOOTSTRAP_TOKEN is ignored: it counts at the first start only; make an API token with `switchyard token create`',
        )
        return
      }
      if (token.length < advisedLength) {
        log.warn(
          {},
          `SWITCHYARD_BOOTSTRAP_TOKEN has only ${token.length} characters; anyone who guesses it owns this site. Use at least ${advisedLength} random ones`,
        )
      }
      await add(token, { name: 'bootstrap', role: 'owner' })
    },
  }
}

export type ApiTokens = ReturnType<typeof createApiTokens>

type ApiTokenHandlers = Pick<Handlers, Extract<keyof Handlers, `apiTokens.${string}`>>

export const createApiTokenHandlers = (tokens: ApiTokens): ApiTokenHandlers => ({
  'apiTokens.list': async () => ({ items: [...(await tokens.list())] }),
  'apiTokens.create': (_actor, given) => tokens.create(given),
  'apiTokens.delete': async (_actor, { id }) => {
    await tokens.revoke(id)
    return undefined
  },
})
