import { createCxmlPress, type PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import type { CxmlDocument } from '../../domain/cxml/verbs.ts'
import { encodeDialState, type DialState } from '../../domain/routing/dial-state.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import type { WebhookDeps } from './context.ts'

/** The signed state outlives the longest call by this. */
export const stateGraceSeconds = 3600

/** What a dial action's state says beside what is the same for all calls of a tenant. */
export type OwnState = Omit<DialState, 'keyId' | 'tenantId' | 'expiresAtMs'>

/** Signed, and safe in a URL. */
export const signState = (
  { crypto, clock }: Pick<WebhookDeps, 'crypto' | 'clock'>,
  { tenant, routing }: TenantInForce,
  state: OwnState,
): string => {
  const [key] = tenant.signingKeys
  if (!key) throw new Error(`tenant ${tenant.id} has no signing key`)
  const expiresAtMs = clock.nowMs() + (routing.timeLimitSeconds + stateGraceSeconds) * 1000
  return encodeURIComponent(
    encodeDialState({ ...state, keyId: key.id, tenantId: tenant.id, expiresAtMs }, key.secret, crypto.sign),
  )
}

/** A new signing key or public URL changes nothing for calls under way: the state travels in the URL. */
export const actionUrl = (
  { publicUrl }: Pick<WebhookDeps, 'publicUrl'>,
  { tenant }: TenantInForce,
  state: string,
): string => `${publicUrl ?? ''}/voice/${tenant.tenantKey}/dial-result?s=${state}`

const press = createCxmlPress()

/** A document that may leave, as text and as people may see it. A faulty one never leaves: the caller is rejected and the fault is told. */
export const printDocument = (
  { health, log }: Pick<WebhookDeps, 'log' | 'health'>,
  documentWith: (state: string) => CxmlDocument,
  state?: string,
): PrintedCxml => {
  const printed = press(documentWith, state)
  if (printed.problems.length > 0) {
    health.count('faults')
    log.error({ problems: printed.problems }, 'An answer that Cloudonix would not understand was held back')
  }
  return printed
}
