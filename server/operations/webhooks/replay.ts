import type { Transition } from '../../../shared/contract/calls.ts'
import type { WebhookReplay } from '../../../shared/contract/webhook-inspector.ts'
import { callBefore } from '../../domain/calls/call-before.ts'
import type { Call } from '../../domain/calls/call.ts'
import { readNumbers } from '../../domain/routing/call-numbers.ts'
import { readFields, type Fields } from '../../domain/webhooks/fields.ts'
import { readCdr } from '../../domain/webhooks/read-cdr.ts'
import { readDialResult } from '../../domain/webhooks/read-dial-result.ts'
import { readSessionUpdate } from '../../domain/webhooks/read-session-update.ts'
import { readVoiceRequest } from '../../domain/webhooks/read-voice-request.ts'
import { readToken } from '../../domain/webhooks/token.ts'
import type { CallStore, StoredWebhookEvent } from '../../ports/call-store.ts'
import type { RuntimeState } from '../../ports/runtime-state.ts'
import type { ReadStoredPayload } from '../../ports/webhooks.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import { differencesOfAnswers } from '../webhook-diff.ts'
import type { Incoming, WebhookDeps } from './context.ts'
import { kindHandlers } from './kind-handlers.ts'

const nothing = (): undefined => undefined
const done = (): Promise<undefined> => Promise.resolve(undefined)
const refused = (): Promise<never> => Promise.reject(new Error('A dry replay changes nothing'))

/** Chooses as the runtime state would and changes nothing of it; knows of nothing but the call as it was found. */
const dryRuntime = (runtime: RuntimeState, found: Call | undefined): RuntimeState => ({
  select: (request) => runtime.select({ ...request, dryRun: true }),
  selectTrunk: (request) => runtime.selectTrunk({ ...request, dryRun: true }),
  loadCall: () => Promise.resolve(found),
  loadAnswer: done,
  noteEvent: () => Promise.resolve(true),
  release: () => Promise.resolve(false),
  releaseTrunk: () => Promise.resolve(false),
  endAttempt: () => Promise.resolve([]),
  noteAnswer: done,
  exclusively: refused,
  circuits: refused,
  activeCalls: refused,
  groupState: refused,
  saveCall: refused,
  saveAnswer: refused,
  overdueCalls: refused,
  liveCallCount: refused,
  forgetAnswers: refused,
  forgetCalls: refused,
  forgetCallers: refused,
  freeOrphans: refused,
  forgetGroup: refused,
  forgetCircuits: refused,
  forgetTenant: refused,
  close: refused,
})

const dryDeps = (deps: WebhookDeps, found: Call | undefined): WebhookDeps => ({
  ...deps,
  runtime: dryRuntime(deps.runtime, found),
  calls: { ...deps.calls, find: done, findAnswer: done },
  callLog: { append: refused, backlog: () => 0 },
  refusals: { note: nothing },
  events: { ...deps.events, publish: nothing },
  health: { ...deps.health, count: nothing, degrade: nothing, recover: nothing },
  log: { info: nothing, warn: nothing, error: nothing },
})

/** How many transitions the call had when an event came that nobody counted them for: an earlier version stored it. */
const countBefore = (event: StoredWebhookEvent, transitions: readonly Transition[]): number => {
  const { transitionsBefore, atMs, latencyMicros, outcome } = event
  if (transitionsBefore !== undefined) return transitionsBefore
  // What changed nothing may have come at the same moment as what it found.
  const untilMs = outcome === 'applied' ? Math.floor(atMs - latencyMicros / 1000) : atMs + 1
  return transitions.filter((transition) => transition.atMs < untilMs).length
}

const foundBy = async (
  calls: Pick<CallStore, 'find' | 'get'>,
  tenantId: string,
  token: string,
  event: StoredWebhookEvent,
): Promise<Call | undefined> => {
  const stored = await calls.get(tenantId, token)
  const call = stored && (await calls.find(tenantId, token))
  return call && callBefore(call, stored.transitions, countBefore(event, stored.transitions))
}

const readers: Readonly<
  Record<StoredWebhookEvent['kind'], (fields: Fields, inForce: TenantInForce, found: Call | undefined) => object>
> = {
  voice_request: (fields, { routing }) => {
    const voice = readVoiceRequest(fields)
    return { ...voice, ...readNumbers(routing, voice.from, voice.to) }
  },
  dial_result: (fields, _inForce, found) => readDialResult(fields, found?.announced === true),
  session_update: readSessionUpdate,
  cdr: readCdr,
}

const notesOn = ({ kind, outcome }: StoredWebhookEvent): string[] => [
  ...(kind === 'dial_result'
    ? ['the signed state is not kept, so the newest attempt is taken for the one it tells of']
    : []),
  ...(outcome === 'refused' ? ['its credentials are not kept, so it is taken for one that was let in'] : []),
  ...(outcome === 'duplicate' ? ['it had come before; it is handled here as if it came for the first time'] : []),
]

const answerOfJsonPaths = '{"ok":true}'

/**
 * Handles a stored event once more, by the very code that handles webhooks, with what is configured today: at the time it came
 * and on the call as it found it, but with rotations, slots and circuits as they are now. Changes nothing and tells nobody.
 */
export const createReplay =
  (deps: WebhookDeps, readPayload: ReadStoredPayload) =>
  async (inForce: TenantInForce, event: StoredWebhookEvent): Promise<WebhookReplay> => {
    const { fields: given, unreadable } = readPayload(event)
    const fields = readFields(given)
    const token = event.token ?? readToken(fields, event.headers)
    const then = { outcome: event.outcome, reason: event.reason, status: event.status, answer: event.answer }
    const always = { mode: 'dry' as const, then, notes: notesOn(event) }
    if (unreadable || token === undefined) {
      const reason = unreadable?.reason ?? 'there is no session token in it'
      return { ...always, outcome: 'unreadable', reason, read: {}, transitions: [], differences: [] }
    }
    const found = await foundBy(deps.calls, inForce.tenant.id, token, event)
    const { kind, headers, payload, atMs } = event
    const incoming: Incoming = {
      request: {
        kind,
        tenantKey: '',
        headers,
        fields: given,
        query: {},
        payload,
        receivedAtMicros: deps.clock.micros(),
      },
      inForce,
      fields,
      token,
      nowMs: atMs,
      steadyMs: deps.clock.steadyMs(),
      isKeyExpired: false,
      taken: [],
      settled: new Set(),
      circuitChanges: [],
    }
    const { outcome, reason, decision, cxml, progress } = await kindHandlers[kind](dryDeps(deps, found), incoming)
    const answer = cxml?.masked ?? answerOfJsonPaths
    return {
      ...always,
      outcome,
      reason,
      read: { token, ...readers[kind](fields, inForce, found) },
      found: found && { state: found.state, attempts: found.attempts.length },
      decision: decision?.outcome,
      explanation: decision?.explanation,
      answer,
      transitions: [...(progress?.transitions ?? [])],
      differences: event.outcome === 'duplicate' ? [] : differencesOfAnswers(event.answer, answer),
    }
  }
