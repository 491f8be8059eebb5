import type { WebhookKind } from '../../../shared/vocabulary.ts'
import type { Crypto } from '../../ports/system.ts'
import type { WebhookRequest } from '../../ports/webhooks.ts'
import type { TenantInForce } from '../tenant-directory.ts'

const settingOf = {
  voice_request: 'voiceRequest',
  dial_result: 'dialResult',
  session_update: 'sessionUpdate',
  cdr: 'cdr',
} as const satisfies Record<WebhookKind, string>

/** Required where an answer is at stake, as soon as there is a key; the platform is not known to send it with the others. */
const unlessSet = {
  voice_request: 'required',
  dial_result: 'required',
  session_update: 'when_present',
  cdr: 'when_present',
} as const

/** Why a webhook is refused, or undefined when its credential is in order. */
export const credentialProblem = (
  { sameText }: Crypto,
  { tenant }: TenantInForce,
  { kind, headers }: WebhookRequest,
): string | undefined => {
  const check = tenant.settings.webhookAuth?.[settingOf[kind]] ?? unlessSet[kind]
  if (check === 'off' || tenant.webhookApiKey === undefined) return undefined
  const { authorization } = headers
  if (authorization === undefined) return check === 'required' ? 'the Bearer credential is missing' : undefined
  const sent = /^Bearer +(.+)$/i.exec(authorization)?.[1]?.trim()
  if (sent === undefined) return 'the Authorization header is no Bearer credential'
  return sameText(sent, tenant.webhookApiKey) ? undefined : 'the Bearer credential is wrong'
}
