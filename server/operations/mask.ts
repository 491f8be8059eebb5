import { maskUrl } from '../domain/cxml/render-cxml.ts'
import type { StoredTenant } from '../ports/configuration.ts'
import { createFieldMask, mayHoldSecret, secretName, type MaskText } from './mask-fields.ts'
import type { TenantInForce } from './tenant-directory.ts'

/** What people may see of a webhook: credentials, the tenant key and signed state are hidden. */

const secretHeader = /auth|cookie|token|secret|passw|credential|(?:api|access|private)[-_]?key/
/** A header that proxies add may hold the URL, or what another header holds. */
const mayHoldUrl = /[?&]|\/voice|(?:bearer|basic) /i

const ownSecrets = new WeakMap<StoredTenant, readonly string[]>()

/** The tenant's own secrets, as they may be written in JSON and in forms too. Longest first: one may be part of another. */
const ownSecretsOf = (tenant: StoredTenant): readonly string[] => {
  let known = ownSecrets.get(tenant)
  if (!known) {
    const { tenantKey, previousKeys, webhookApiKey, cloudonixApiKey } = tenant
    const plain = [
      tenantKey,
      ...previousKeys.map(({ key }) => key),
      ...[webhookApiKey, cloudonixApiKey].filter((key) => key !== undefined),
    ]
    const written = plain.flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll('%20', '+'),
    ])
    known = [...new Set(written)].sort((a, b) => b.length - a.length)
    ownSecrets.set(tenant, known)
  }
  return known
}

const maskOwn = (text: string, { tenant }: TenantInForce): string => {
  let masked = text
  for (const secret of ownSecretsOf(tenant)) if (masked.includes(secret)) masked = masked.replaceAll(secret, '***')
  return masked
}

/** Whether it holds one of the tenant's own secrets. */
export const holdsOwnSecret = (text: string, { tenant }: TenantInForce): boolean =>
  ownSecretsOf(tenant).some((secret) => text.includes(secret))

/** A quote may be part of it: nothing escapes one in a URL. */
const signedState = /((?:^|[?&])s=)[^&\s"<>\\]*/g
const scheme = /\b(bearer|basic)\s+[^\s"',;]+/gi
/** Up to what ends a parameter of a query or form; text that says no more than a name is left alone. */
const assigned = new RegExp(String.raw`((?:${secretName.source})[^\s=:&?"']{0,60}["']?\s{0,9}[=:])[^&#]*`, 'gi')

const maskLine: MaskText = (text) =>
  maskUrl(text.replace(signedState, '$1***').replace(assigned, '$1***').replace(scheme, '$1 ***'))

export const maskHeaders = (
  headers: Readonly<Record<string, string>>,
  inForce: TenantInForce,
): Record<string, string> => {
  const masked: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name] ?? ''
    masked[name] = secretHeader.test(name) ? '***' : maskOwn(mayHoldUrl.test(value) ? maskLine(value) : value, inForce)
  }
  return masked
}

const maskFields = createFieldMask(maskLine)

/** The body or the query string. Most name no secret and are kept as they came, but for our own secrets and state. */
export const maskPayload = (payload: string, inForce: TenantInForce): string => {
  const shown = mayHoldSecret(payload) ? maskFields(payload) : payload.replace(signedState, '$1***')
  return maskUrl(maskOwn(shown, inForce))
}
