import type { AccessStore, Passwords } from '../../ports/access.ts'
import type { Provenance } from '../../ports/audit.ts'
import type { Clock, Crypto, Log, NewId, NewSecret } from '../../ports/system.ts'
import type { RefusalNotes } from '../refusal-notes.ts'
import type { IsKnownTenant } from './binding.ts'

/** What users, tokens, sessions and signing in need, between them. */
export interface AccessDeps {
  readonly store: AccessStore
  readonly passwords: Passwords
  readonly clock: Clock
  readonly crypto: Crypto
  readonly newId: NewId
  readonly newSecret: NewSecret
  readonly log: Log
  /** What the CSRF tokens of sessions are made of; base64url, the same on all nodes. */
  readonly csrfSecret: string
  /** True once for this site, whoever asks and whenever. */
  readonly claimBootstrap: () => Promise<boolean>
  readonly isKnownTenant: IsKnownTenant
  /** Without them nobody is told who signs in, and who fails to. */
  readonly provenance?: Pick<Provenance, 'run'> | undefined
  readonly refusals?: Pick<RefusalNotes, 'signIn'> | undefined
}
