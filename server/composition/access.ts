import type { Store } from '../adapters/sqlite/open-sqlite-store.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { systemCrypto } from '../adapters/system/crypto.ts'
import { newId, newSecret } from '../adapters/system/ids.ts'
import { argon2Passwords } from '../adapters/system/passwords.ts'
import type { AccessDeps } from '../operations/access/access-deps.ts'
import { createAccess, type Access } from '../operations/access/access.ts'

/** Tokens, sessions and sign-in, of the running server and of commands that open the store alone. */
export const composeAccess = (
  store: Store,
  deps: Pick<AccessDeps, 'log' | 'isKnownTenant' | 'provenance' | 'refusals'>,
): Access =>
  createAccess({
    ...deps,
    store: store.access,
    csrfSecret: Buffer.from(store.keys.secretFor('CSRF tokens of sessions')).toString('base64url'),
    claimBootstrap: async () => {
      const mine = newId()
      return (await store.meta.claim('bootstrap', mine)) === mine
    },
    passwords: argon2Passwords,
    clock: systemClock,
    crypto: systemCrypto,
    newId,
    newSecret,
  })
