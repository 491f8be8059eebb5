import { maskUrl } from '../domain/cxml/render-cxml.ts'
import type { TenantInForce } from './tenant-directory.ts'

/** What people may see of a webhook: credentials, the tenant key and signed state are hidden. */

const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-cx-apikey'])

export const maskHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) masked[name] = secretHeaders.has(name) ? '***' : value
  return masked
}

const secretName = '(?:password|secret|authorization|api-?key)'
/** Names are bounded, so that no payload, however odd, costs more than one pass over it. */
const around = (letter: string): string => `${letter}{0,60}${secretName}${letter}{0,60}`
const plain = around(String.raw`[^"\\]`)
const field = around(String.raw`[^=&?\s"]`)

const named: readonly RegExp[] = [
  // A member of a JSON object,
  new RegExp(String.raw`("${plain}"\s{0,20}:\s{0,20}")(?:[^"\\]|\\.)*`, 'gi'),
  // of one that is text in JSON,
  new RegExp(String.raw`(\\{1,8}"${plain}\\{1,8}"\s{0,20}:\s{0,20}\\{1,8}")[^"\\]*`, 'gi'),
  // or text in a form;
  new RegExp(String.raw`(%22${around('[^%&]')}%22(?:%20|\+)?%3A(?:%20|\+)?%22)(?:[^%&]|%(?!22))*`, 'gi'),
  // a field of a form or query.
  new RegExp(String.raw`((?:^|[?&])${field}=)[^&\s"]*`, 'gi'),
]
/** Most payloads name no secret; one look tells. */
const namesSecret = new RegExp(secretName, 'i')
const signedState = /((?:^|[?&])s=)[^&\s"]*/gi

export const maskPayload = (payload: string, { tenant }: TenantInForce): string => {
  const shown = namesSecret.test(payload)
    ? named.reduce((text, secret) => text.replace(secret, '$1***'), payload)
    : payload
  let masked = shown.replace(signedState, '$1***')
  for (const secret of [tenant.tenantKey, ...tenant.previousKeys.map(({ key }) => key), tenant.webhookApiKey]) {
    if (secret !== undefined && masked.includes(secret)) masked = masked.replaceAll(secret, '***')
  }
  return maskUrl(masked)
}
