import { isTerminal, type ErrorCode, type WebhookKind, type WebhookOutcome } from '../../../shared/vocabulary.ts'
import { reject } from '../../domain/cxml/verbs.ts'
import { renderCxml } from '../../domain/cxml/render-cxml.ts'
import { readFields } from '../../domain/webhooks/fields.ts'
import { longestToken, readToken } from '../../domain/webhooks/token.ts'
import type { UnitOfWork, WebhookEventRow } from '../../ports/call-store.ts'
import type { HandleWebhook, WebhookAnswer, WebhookRequest } from '../../ports/webhooks.ts'
import { toRecord } from '../call-record.ts'
import { maskHeaders, maskPayload } from '../mask.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import { handleCdr } from './cdr.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { handleDialResult } from './dial-result.ts'
import { emergencyAnswer } from './emergency.ts'
import { credentialProblem } from './credentials.ts'
import { handleSessionUpdate } from './session-update.ts'
import { handleVoiceRequest } from './voice-request.ts'

/** A voice answer waits this long for its decision to be written; a caller must not wait for a disk. */
const longestWaitMs = 25

const handlers = {
  voice_request: handleVoiceRequest,
  dial_result: handleDialResult,
  session_update: handleSessionUpdate,
  cdr: handleCdr,
} as const satisfies Record<WebhookKind, (deps: WebhookDeps, incoming: Incoming) => Promise<Handled>>

const counters = {
  voice_request: 'voiceRequests',
  dial_result: 'dialResults',
  session_update: 'sessionUpdates',
  cdr: 'cdrs',
} as const

const wantsCxml = (kind: WebhookKind): boolean => kind === 'voice_request' || kind === 'dial_result'

const cxmlAnswer = (body: string): WebhookAnswer => ({
  status: 200,
  contentType: 'application/xml; charset=utf-8',
  body,
})
const jsonAnswer = (status: number, body: object): WebhookAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
})
const fine = jsonAnswer(200, { ok: true })
const errorAnswer = (status: number, code: ErrorCode, message: string): WebhookAnswer =>
  jsonAnswer(status, { error: { code, message } })
const refusalCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_INPUT',
  401: 'UNAUTHENTICATED',
  413: 'TOO_LARGE',
}
const rejection = cxmlAnswer(renderCxml(reject('rejected')))

/** True when it was in time; rejects like the promise. */
const inTime = (promise: Promise<void>, ms: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms)
    void promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer))
  })

/** The one way in for everything that Cloudonix sends. */
export const createWebhookHandler = (deps: WebhookDeps): HandleWebhook => {
  const { directory, callLog, clock, health, events, log, newId, results, runtime } = deps

  const eventRow = (
    request: WebhookRequest,
    inForce: TenantInForce,
    told: {
      token?: string | undefined
      outcome: WebhookOutcome
      reason?: string | undefined
      status: number
      answer?: string | undefined
    },
  ): WebhookEventRow => ({
    id: newId(),
    kind: request.kind,
    atMs: clock.nowMs(),
    ...told,
    latencyMicros: Math.max(0, clock.micros() - request.receivedAtMicros),
    headers: maskHeaders(request.headers, inForce),
    payload: maskPayload(request.payload, inForce),
  })

  const unwritten = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error)
    health.degrade('store', `Call records cannot be written: ${message}`)
    log.error({ err: message }, 'A webhook could not be stored')
  }

  /** Refused before anything is caused; kept for audit where the tenant is known. */
  const refuse = async (
    request: WebhookRequest,
    inForce: TenantInForce,
    outcome: 'refused' | 'unreadable',
    status: number,
    reason: string,
    token?: string,
  ): Promise<WebhookAnswer> => {
    const answer = wantsCxml(request.kind)
      ? rejection
      : errorAnswer(status, refusalCodes[status] ?? 'INVALID_INPUT', reason)
    const webhookEvent = eventRow(request, inForce, {
      token,
      outcome,
      reason,
      status: answer.status,
      answer: answer.body,
    })
    await inTime(callLog.append({ tenantId: inForce.tenant.id, webhookEvent }, 'written'), longestWaitMs).catch(
      unwritten,
    )
    return answer
  }

  /** Tells the console. */
  const tell = (inForce: TenantInForce, { progress, isNewCall, decision }: Handled): void => {
    const tenantId = inForce.tenant.id
    if (progress) {
      const call = toRecord(progress.call, inForce)
      const hasMoved = progress.transitions.some(({ to }) => to !== undefined)
      if (isNewCall) events.publish('call.created', { tenantId, call })
      if (hasMoved)
        events.publish(isTerminal(progress.call.state) ? 'call.ended' : 'call.stateChanged', { tenantId, call })
    }
    if (decision && progress) {
      const { id, atMs, outcome, explanation } = decision
      events.publish('decision.made', {
        tenantId,
        callId: progress.call.id,
        token: progress.call.token,
        decision: { id, atMs, ...outcome, explanation },
      })
    }
  }

  /** The part that nobody else may do for the same token at the same time. Answers with the promise of durability. */
  const handleExclusively = async (incoming: Incoming): Promise<{ answer: WebhookAnswer; stored: Promise<void> }> => {
    const { request, inForce, token } = incoming
    const tenantId = inForce.tenant.id
    const handled = await handlers[request.kind](deps, incoming)
    const { progress, decision, cxml, answerKey, outcome, reason, released } = handled
    const answer = cxml ? cxmlAnswer(cxml.text) : fine
    if (outcome === 'duplicate') health.count('duplicates')
    for (const { agentId, leaseKey } of released ?? []) await runtime.release(tenantId, agentId, leaseKey)
    if (progress) {
      await runtime.saveCall(progress.call)
      for (const { agentId, result } of progress.attempts)
        if (agentId && result) results.note(tenantId, agentId, result, incoming.nowMs)
    }
    if (cxml && answerKey !== undefined) await runtime.saveAnswer(tenantId, answerKey, { status: 200, body: cxml.text })
    const shown =
      cxml === undefined ? answer.body : outcome === 'duplicate' ? '(the same answer as before)' : cxml.masked
    const unit: UnitOfWork = {
      tenantId,
      call: progress?.call,
      attempts: progress?.attempts,
      transitions: progress?.transitions,
      decision,
      webhookEvent: eventRow(request, inForce, { token, outcome, reason, status: answer.status, answer: shown }),
      answer:
        cxml && answerKey !== undefined
          ? { key: answerKey, atMs: incoming.nowMs, status: 200, body: cxml.text }
          : undefined,
    }
    const stored = callLog.append(unit, cxml ? 'written' : 'synced')
    // Whoever awaits it hears of a failure; until then it must not count as unheard.
    stored.catch(() => undefined)
    tell(inForce, handled)
    return { answer, stored }
  }

  const answerReadable = async (incoming: Incoming): Promise<WebhookAnswer> => {
    const { request, inForce, token } = incoming
    const { answer, stored } = await runtime.exclusively(inForce.tenant.id, token, () => handleExclusively(incoming))
    try {
      if (!wantsCxml(request.kind)) await stored
      else if (!(await inTime(stored, longestWaitMs))) health.count('undurableAnswers')
      health.recover('store')
      return answer
    } catch (error) {
      unwritten(error)
      if (!wantsCxml(request.kind))
        return errorAnswer(503, 'UNAVAILABLE', 'The event could not be stored; send it again')
      health.count('undurableAnswers')
      return answer
    }
  }

  const answerKnown = (request: WebhookRequest, inForce: TenantInForce): Promise<WebhookAnswer> => {
    const { unreadable } = request
    if (unreadable) return refuse(request, inForce, 'unreadable', unreadable.tooLarge ? 413 : 400, unreadable.reason)
    const problem = credentialProblem(deps.crypto, inForce, request)
    if (problem !== undefined) return refuse(request, inForce, 'refused', 401, problem)
    const fields = readFields(request.fields)
    const token = readToken(fields, request.headers)
    if (token === undefined) return refuse(request, inForce, 'unreadable', 400, 'there is no session token in it')
    if (token.length > longestToken) {
      const reason = `the session token has ${token.length} characters; at most ${longestToken} are read`
      return refuse(request, inForce, 'unreadable', 400, reason)
    }
    return answerReadable({ request, inForce, fields, token, nowMs: clock.nowMs() })
  }

  return async (request) => {
    health.count(counters[request.kind])
    const found = directory.byKey(request.tenantKey)
    // A key of before its rotation stays good for dial results: they belong to calls that are under way.
    const isValid =
      found &&
      (found.validUntilMs === undefined || request.kind === 'dial_result' || found.validUntilMs > clock.nowMs())
    if (!found || !isValid) {
      log.warn({ kind: request.kind }, 'A webhook names a tenant key that is not in force')
      return wantsCxml(request.kind)
        ? rejection
        : errorAnswer(404, 'NOT_FOUND', 'There is no such webhook address; check the tenant key in it')
    }
    try {
      return await answerKnown(request, found.inForce)
    } catch (error) {
      health.count('faults')
      log.error(
        { err: error instanceof Error ? (error.stack ?? error.message) : String(error), kind: request.kind },
        'A webhook could not be handled',
      )
      if (!wantsCxml(request.kind)) return errorAnswer(503, 'UNAVAILABLE', 'Internal error; send it again')
      const token = readToken(readFields(request.fields), request.headers)
      return cxmlAnswer(emergencyAnswer(deps, found.inForce, token).text)
    }
  }
}
