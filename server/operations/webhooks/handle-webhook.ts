import { isTerminal, type ErrorCode, type WebhookKind, type WebhookOutcome } from '../../../shared/vocabulary.ts'
import { revise } from '../../domain/calls/call-progress.ts'
import { reject } from '../../domain/cxml/verbs.ts'
import { renderCxml } from '../../domain/cxml/render-cxml.ts'
import { readFields } from '../../domain/webhooks/fields.ts'
import { longestToken, readToken } from '../../domain/webhooks/token.ts'
import type { ToldCircuitChange, UnitOfWork, WebhookEventRow } from '../../ports/call-store.ts'
import type { HandleWebhook, WebhookAnswer, WebhookRequest } from '../../ports/webhooks.ts'
import { toRecord } from '../call-record.ts'
import { maskHeaders, maskPayload } from '../mask.ts'
import { createSeldom } from '../seldom.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { credentialProblem } from './credentials.ts'
import { faultAnswer } from './fault-answer.ts'
import { kindHandlers } from './kind-handlers.ts'
import { giveBack, settleSoFar } from './slots.ts'

/** A voice answer waits this long for its decision to be written; a caller must not wait for a disk. */
const longestWaitMs = 25

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

/** Anybody may knock at any address; the log is not theirs to fill. */
const unknownKeyEveryMs = 10_000

/** The one way in for everything that Cloudonix sends. */
export const createWebhookHandler = (deps: WebhookDeps): HandleWebhook => {
  const { directory, callLog, clock, health, events, log, newId, results, runtime } = deps
  const warnOfKey = createSeldom(clock, unknownKeyEveryMs)

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
    log.error({ err: error }, 'A webhook could not be stored')
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

  const toldChanges = ({ circuitChanges, nowMs }: Incoming): ToldCircuitChange[] =>
    circuitChanges.map((change) => ({ atMs: nowMs, ...change }))

  /** Tells the console. What goes wrong here is no reason to answer otherwise. */
  const tell = (incoming: Incoming, { progress, isNewCall, decision, outcome }: Handled): void => {
    const { inForce } = incoming
    const tenantId = inForce.tenant.id
    for (const change of toldChanges(incoming)) events.publish('agent.circuitChanged', { tenantId, change })
    if (!progress) return
    const { call: told, transitions } = progress
    try {
      const call = toRecord(told, inForce)
      if (isNewCall) events.publish('call.created', { tenantId, call })
      if (outcome === 'applied' || transitions.some(({ to }) => to !== undefined)) {
        events.publish(isTerminal(told.state) ? 'call.ended' : 'call.stateChanged', { tenantId, call })
      }
      if (decision) {
        const { id, atMs, outcome: decided, explanation } = decision
        const shown = { id, atMs, ...decided, explanation }
        events.publish('decision.made', { tenantId, callId: told.id, token: told.token, decision: shown })
      }
    } catch (error) {
      log.error({ err: error }, 'The console could not be told of a call')
    }
  }

  const settle = async (incoming: Incoming, handled: Handled): Promise<void> => {
    const { inForce, nowMs } = incoming
    const tenantId = inForce.tenant.id
    const { progress, cxml, answerKey, otherAnswerKey } = handled
    if (progress) {
      await settleSoFar(deps, incoming, progress)
      await runtime.saveCall(progress.call)
      for (const { agentId, result } of progress.attempts)
        if (agentId && result) results.note(tenantId, agentId, result, nowMs)
    }
    for (const key of [answerKey, otherAnswerKey])
      if (cxml && key !== undefined) await runtime.saveAnswer(tenantId, key, { status: 200, body: cxml.text })
  }

  const unitOf = (
    incoming: Incoming,
    { answerKey, otherAnswerKey, cxml, decision, outcome, progress, reason, stands }: Handled,
  ): UnitOfWork => {
    const { inForce, nowMs, request, token } = incoming
    const shown = cxml && (outcome === 'duplicate' ? '(the same answer as before)' : cxml.masked)
    const call = progress?.call ?? stands
    return {
      tenantId: inForce.tenant.id,
      call,
      attempts: outcome === 'applied' ? progress?.attempts : call?.attempts,
      transitions: progress?.transitions,
      decision,
      webhookEvent: eventRow(request, inForce, { token, outcome, reason, status: 200, answer: shown ?? fine.body }),
      ...(cxml &&
        answerKey !== undefined && {
          answer: { key: answerKey, otherKey: otherAnswerKey, atMs: nowMs, status: 200, body: cxml.text },
        }),
    }
  }

  /** The part that nobody else may do for the same token at the same time. Answers with the promise of durability. */
  const handleExclusively = async (incoming: Incoming): Promise<{ answer: WebhookAnswer; stored: Promise<void> }> => {
    const { request, inForce, taken } = incoming
    try {
      const found = await kindHandlers[request.kind](deps, incoming)
      const handled = { ...found, progress: found.progress && revise(found.progress) }
      if (handled.outcome === 'duplicate') {
        health.count('duplicates')
        deps.duplicates.note(inForce.tenant.id, request.kind)
      }
      const unit = unitOf(incoming, handled)
      if (unit.webhookEvent) deps.dialect.note(inForce, request.kind, request.fields, unit.webhookEvent)
      await settle(incoming, handled)
      // From here on the call holds them.
      taken.length = 0
      const stored = callLog.append(
        { ...unit, circuitChanges: toldChanges(incoming) },
        handled.cxml ? 'written' : 'synced',
      )
      // Whether or not somebody still waits for it.
      stored.then(() => health.recover('store'), unwritten)
      tell(incoming, handled)
      return { answer: handled.cxml ? cxmlAnswer(handled.cxml.text) : fine, stored }
    } catch (error) {
      for (const slot of taken) await giveBack(runtime, inForce.tenant.id, slot)
      throw error
    }
  }

  const answerReadable = async (incoming: Incoming): Promise<WebhookAnswer> => {
    const { request, inForce, token } = incoming
    const { answer, stored } = await runtime.exclusively(inForce.tenant.id, token, () => handleExclusively(incoming))
    if (wantsCxml(request.kind)) {
      const isInTime = await inTime(stored, longestWaitMs).catch(() => false)
      if (!isInTime) health.count('undurableAnswers')
      return answer
    }
    return stored.then(
      () => answer,
      () => errorAnswer(503, 'UNAVAILABLE', 'The event could not be stored; send it again'),
    )
  }

  const answerOne = (
    request: WebhookRequest,
    inForce: TenantInForce,
    isKeyExpired: boolean,
  ): Promise<WebhookAnswer> => {
    const fields = readFields(request.fields)
    const token = readToken(fields, request.headers)
    if (token === undefined) return refuse(request, inForce, 'unreadable', 400, 'there is no session token in it')
    if (token.length > longestToken) {
      const reason = `the session token has ${token.length} characters; at most ${longestToken} are read`
      return refuse(request, inForce, 'unreadable', 400, reason)
    }
    const times = { nowMs: clock.nowMs(), steadyMs: clock.steadyMs() }
    const notedSoFar = { taken: [], settled: new Set<number>(), circuitChanges: [] }
    return answerReadable({ request, inForce, fields, token, ...times, isKeyExpired, ...notedSoFar })
  }

  const answerKnown = async (
    request: WebhookRequest,
    inForce: TenantInForce,
    isKeyExpired: boolean,
  ): Promise<WebhookAnswer> => {
    const { unreadable, fields } = request
    if (unreadable) return refuse(request, inForce, 'unreadable', unreadable.tooLarge ? 413 : 400, unreadable.reason)
    const problem = credentialProblem(deps.crypto, inForce, request)
    if (problem !== undefined) {
      deps.refusals.note(inForce.tenant.id, request.kind, problem)
      return refuse(request, inForce, 'refused', 401, problem)
    }
    if (wantsCxml(request.kind) || !Array.isArray(fields) || fields.length < 2) {
      return answerOne(request, inForce, isKeyExpired)
    }
    // Several events in one list: each is handled for itself, and all must be stored.
    const answers = await Promise.all(
      fields.map((one: unknown) =>
        answerOne({ ...request, fields: one, payload: JSON.stringify(one) }, inForce, isKeyExpired),
      ),
    )
    return answers.reduce((worst, answer) => (answer.status > worst.status ? answer : worst), fine)
  }

  /** A fault of ours: told, kept for audit, and the caller gets what was set up for that. */
  const answerFault = (request: WebhookRequest, inForce: TenantInForce, error: unknown): WebhookAnswer => {
    health.count('faults')
    log.error({ err: error, kind: request.kind }, 'A webhook could not be handled')
    const token = readToken(readFields(request.fields), request.headers)?.slice(0, longestToken).toWellFormed()
    const printed = wantsCxml(request.kind) ? faultAnswer(deps, request, inForce, token) : undefined
    const answer = printed ? cxmlAnswer(printed.text) : errorAnswer(503, 'UNAVAILABLE', 'Internal error; send it again')
    const told = {
      token,
      outcome: 'fault' as const,
      reason: 'internal error; the log has it whole',
      status: answer.status,
      answer: printed?.masked ?? answer.body,
    }
    callLog
      .append({ tenantId: inForce.tenant.id, webhookEvent: eventRow(request, inForce, told) }, 'written')
      .catch(unwritten)
    return answer
  }

  return async (request) => {
    health.count(counters[request.kind])
    const found = directory.byKey(request.tenantKey)
    const isKeyExpired = found?.validUntilMs !== undefined && found.validUntilMs <= clock.nowMs()
    // A key of before its rotation stays good for signed dial results: they belong to calls that are under way.
    if (!found || (isKeyExpired && request.kind !== 'dial_result')) {
      health.count('unknownKeys')
      warnOfKey((times) => log.warn({ kind: request.kind, times }, 'A webhook names a tenant key that is not in force'))
      return wantsCxml(request.kind)
        ? rejection
        : errorAnswer(404, 'NOT_FOUND', 'There is no such webhook address; check the tenant key in it')
    }
    try {
      return await answerKnown(request, found.inForce, isKeyExpired)
    } catch (error) {
      return answerFault(request, found.inForce, error)
    }
  }
}
