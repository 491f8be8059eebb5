import { isTerminal, type AttemptResult } from '../../../shared/vocabulary.ts'
import type { Call } from '../../domain/calls/call.ts'
import {
  advance,
  amend,
  endAttempt,
  finish,
  lastWord,
  openAttempts,
  unchanged,
  type Progress,
} from '../../domain/calls/call-progress.ts'
import { readTimeMs } from '../../domain/webhooks/fields.ts'
import {
  isFinal,
  readSessionUpdate,
  type SessionStatus,
  type SessionUpdate,
} from '../../domain/webhooks/read-session-update.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { knownCall } from './known-call.ts'
import { leaseKeyOf } from './slots.ts'

/** Clocks differ a little. */
const clockSkewMs = 1000

/** An answer of before the dial that goes on began: it was for an earlier attempt. Of a first attempt there is none. */
const isOfEarlierAttempt = (call: Call, { answeredAtMs, modifiedAt }: SessionUpdate): boolean => {
  const atMs = answeredAtMs ?? readTimeMs(modifiedAt)
  const newest = call.attempts.at(-1)
  if (atMs === undefined || newest === undefined || call.attempts.length < 2) return false
  return atMs < newest.startedAtMs - clockSkewMs
}

const negative: Readonly<Partial<Record<SessionStatus, AttemptResult>>> = {
  busy: 'busy',
  noanswer: 'no_answer',
  congestion: 'failed',
  failed: 'failed',
  nocredit: 'failed',
}

/** What the end of a session says about the dial that was going on. */
const resultOf = (call: Call, update: SessionUpdate): AttemptResult => {
  const said = negative[update.status]
  if (said !== undefined) return said
  // Whoever hangs up on a conversation ends it, and nothing has failed.
  if (call.state === 'connected') return 'answered'
  // The platform knows no confirmed word for "over and all was well"; the answer time tells.
  const isAnswered = update.status !== 'cancel' && update.answeredAtMs !== undefined
  return isAnswered && !isOfEarlierAttempt(call, update) ? 'answered' : 'cancelled'
}

/** A digest is short, whatever the platform sends. */
const eventKeyOf = ({ crypto }: WebhookDeps, { eventId, word, action, modifiedAt }: SessionUpdate): string =>
  crypto.digest(eventId ?? [word, action, modifiedAt].join('\n'))

const longestReason = 255

/** The platform tells how the caller's leg stands. It is no proof of the bridge: the dial result and the CDR are. */
export const handleSessionUpdate = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, fields, token, nowMs } = incoming
  const tenantId = inForce.tenant.id
  const update = readSessionUpdate(fields)
  const isNew = await deps.runtime.noteEvent(tenantId, token, eventKeyOf(deps, update))
  const call = await knownCall(deps, tenantId, token)
  if (!isNew) return { outcome: 'duplicate', stands: call }
  if (!call) return { outcome: 'ignored', reason: 'no call has this token' }
  if (isTerminal(call.state)) return { outcome: 'ignored', reason: `the call is over (${call.state})`, stands: call }
  if (isFinal(update)) {
    // An announcement is no dial that could have ended; how such a call went is the CDR's to say.
    if (call.state === 'routing') return { outcome: 'ignored', reason: 'no dial is going on; the CDR closes the call' }
    const result = resultOf(call, update)
    let progress: Progress = unchanged(call)
    for (const { n } of openAttempts(call)) progress = endAttempt(progress, n, result, nowMs)
    const { event, disposition } = lastWord[result]
    const facts = {
      disposition,
      reason: result === 'failed' ? update.reason?.slice(0, longestReason).toWellFormed() : undefined,
      endedAtMs: update.endedAtMs ?? nowMs,
      answeredAtMs: update.answeredAtMs ?? call.answeredAtMs,
    }
    return { outcome: 'applied', progress: finish(progress, event, facts, nowMs) }
  }
  if (update.status === 'answer' || update.status === 'connected') {
    if (call.announced)
      return { outcome: 'ignored', reason: 'the caller was answered for an announcement, not by an agent' }
    if (isOfEarlierAttempt(call, update)) {
      const reason = `the answer is older than attempt ${call.attempts.at(-1)?.n}; it was for an earlier one`
      return { outcome: 'ignored', reason }
    }
    const progress = advance(unchanged(call), 'answered', nowMs)
    const ignored = progress.transitions[0]?.ignored
    if (ignored !== undefined) return { outcome: 'ignored', reason: ignored }
    for (const { agentId, provider = '', n } of openAttempts(call)) {
      if (agentId !== undefined)
        await deps.runtime.noteAnswer(tenantId, agentId, provider, leaseKeyOf(token, n), incoming.steadyMs)
    }
    return { outcome: 'applied', progress: amend(progress, { answeredAtMs: update.answeredAtMs ?? nowMs }) }
  }
  return { outcome: 'ignored', reason: `status ${update.word === '' ? '(none)' : update.word} changes nothing` }
}
