import { maskUrl } from '../domain/cxml/render-cxml.ts'
import type { TenantInForce } from './tenant-directory.ts'

/** What people may see of a webhook: credentials, the tenant key and signed state are hidden. */

const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-cx-apikey'])

export const maskHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) masked[name] = secretHeaders.has(name) ? '***' : value
  return masked
}

const secretMember = /("(?:[^"\\]*(?:password|secret|authorization|api-?key)[^"\\]*)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
const secretParameter = /((?:^|[?&])(?:s|[^=&]*(?:password|secret|authorization|api-?key)[^=&]*)=)[^&\s"]*/gi

export const maskPayload = (payload: string, { tenant }: TenantInForce): string => {
  let masked = payload.replace(secretMember, '$1"***"').replace(secretParameter, '$1***')
  for (const secret of [tenant.tenantKey, ...tenant.previousKeys.map(({ key }) => key), tenant.webhookApiKey]) {
    if (secret !== undefined && masked.includes(secret)) masked = masked.replaceAll(secret, '***')
  }
  return maskUrl(masked)
}
