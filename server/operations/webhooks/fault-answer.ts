import type { PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import { hangup } from '../../domain/cxml/verbs.ts'
import { readFields } from '../../domain/webhooks/fields.ts'
import type { WebhookRequest } from '../../ports/webhooks.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import type { WebhookDeps } from './context.ts'
import { saysAnswered } from './dial-result.ts'
import { printDocument } from './documents.ts'
import { emergencyAnswer } from './emergency.ts'

/** Whether it certainly is the result of a dial that was answered. */
const isConversationOver = (
  deps: WebhookDeps,
  request: WebhookRequest,
  inForce: TenantInForce,
  token: string,
): boolean => {
  const times = { nowMs: deps.clock.nowMs(), steadyMs: deps.clock.steadyMs() }
  const fields = readFields(request.fields)
  try {
    return saysAnswered(deps, {
      request,
      inForce,
      fields,
      token,
      ...times,
      isKeyExpired: false,
      circuitChanges: [],
      taken: [],
      settled: new Set(),
    })
  } catch (error) {
    // Perhaps the very thing that failed before; the caller gets an answer all the same.
    deps.log.error({ err: error }, 'The state of a dial result could not be read')
    return false
  }
}

/** A caller who waits gets the emergency target; one whose conversation is over must not begin another. */
export const faultAnswer = (
  deps: WebhookDeps,
  request: WebhookRequest,
  inForce: TenantInForce,
  token: string | undefined,
): PrintedCxml =>
  request.kind === 'dial_result' && token !== undefined && isConversationOver(deps, request, inForce, token)
    ? printDocument(deps, () => hangup)
    : emergencyAnswer(deps, inForce, token)
