import { isTerminal, type AttemptResult } from '../../../shared/vocabulary.ts'
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
import { isFinal, readSessionUpdate, type SessionUpdate } from '../../domain/webhooks/read-session-update.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { knownCall } from './known-call.ts'
import { leaseKeyOf } from './slots.ts'

/** What the end of a session says about the dial that was going on. */
const resultOf = (update: SessionUpdate): AttemptResult => {
  switch (update.status) {
    case 'busy':
      return 'busy'
    case 'noanswer':
      return 'no_answer'
    case 'cancel':
      return 'cancelled'
    case 'congestion':
    case 'failed':
    case 'nocredit':
      return 'failed'
    default:
      // The platform knows no confirmed word for "over and all was well"; the answer time tells.
      return update.answeredAtMs !== undefined ? 'answered' : 'cancelled'
  }
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
    const result = resultOf(update)
    let progress: Progress = unchanged(call)
    for (const { n } of openAttempts(call)) progress = endAttempt(progress, n, result, nowMs)
    const { event, disposition } = lastWord[result]
    const facts = {
      disposition,
      reason: result === 'failed' ? update.reason?.slice(0, longestReason) : undefined,
      endedAtMs: update.endedAtMs ?? nowMs,
      answeredAtMs: call.answeredAtMs ?? update.answeredAtMs,
    }
    return { outcome: 'applied', progress: finish(progress, event, facts, nowMs) }
  }
  if (update.status === 'answer' || update.status === 'connected') {
    if (call.announced)
      return { outcome: 'ignored', reason: 'the caller was answered for an announcement, not by an agent' }
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
