import { isTerminal, type AttemptResult, type CallState, type Disposition } from '../../../shared/vocabulary.ts'
import type { Cdr } from '../webhooks/read-cdr.ts'
import type { Call, DialAttempt } from './call.ts'
import { nextCallState, whyIgnored, type CallEvent } from './call-state.ts'

/** A change of state, or an event that changed nothing and why. The shape of the contract's `Transition`. */
export interface Transition {
  atMs: number
  event: string
  from?: CallState
  to?: CallState
  ignored?: string
}

/** A call on its way through a webhook: what it became and how. */
export interface Progress {
  readonly call: Call
  readonly transitions: readonly Transition[]
  /** Attempts that changed. */
  readonly attempts: readonly DialAttempt[]
}

export const unchanged = (call: Call): Progress => ({ call, transitions: [], attempts: [] })

/** Applies an event to the state; what does not apply is recorded as ignored, never thrown. */
export const advance = (progress: Progress, event: CallEvent, atMs: number): Progress => {
  const { call } = progress
  const to = nextCallState(call.state, event)
  const transition: Transition =
    to === undefined
      ? { atMs, event, from: call.state, ignored: whyIgnored(call.state, event) }
      : { atMs, event, from: call.state, to }
  const next = to === undefined ? call : { ...call, state: to, updatedAtMs: atMs }
  return { ...progress, call: next, transitions: [...progress.transitions, transition] }
}

export const amend = (progress: Progress, change: Partial<Call>): Progress => ({
  ...progress,
  call: { ...progress.call, ...change },
})

const withAttempt = (progress: Progress, attempt: DialAttempt): Progress => ({
  call: { ...progress.call, attempts: [...progress.call.attempts.filter(({ n }) => n !== attempt.n), attempt] },
  transitions: progress.transitions,
  attempts: [...progress.attempts.filter(({ n }) => n !== attempt.n), attempt],
})

/** The call now rings somewhere. */
export const startAttempt = (progress: Progress, attempt: DialAttempt, atMs: number): Progress => {
  const started = advance(withAttempt(progress, attempt), 'dial', atMs)
  const { agentId, groupId, provider, trunkId } = attempt
  return amend(started, { agentId, groupId, provider, trunkId })
}

export const openAttempts = (call: Call): readonly DialAttempt[] =>
  call.attempts.filter(({ endedAtMs }) => endedAtMs === undefined)

/** Ends an attempt; one that has ended stays as it is. */
export const endAttempt = (
  progress: Progress,
  n: number,
  result: AttemptResult | undefined,
  atMs: number,
): Progress => {
  const attempt = progress.call.attempts.find((one) => one.n === n)
  return attempt && attempt.endedAtMs === undefined
    ? withAttempt(progress, { ...attempt, endedAtMs: atMs, result })
    : progress
}

/** What goes on record when a result was the last word: nobody is left, or nobody may be tried. */
export const lastWord: Readonly<
  Record<AttemptResult, { readonly event: CallEvent; readonly disposition: Disposition }>
> = {
  answered: { event: 'dial-answered', disposition: 'answered' },
  busy: { event: 'dial-busy', disposition: 'busy' },
  no_answer: { event: 'dial-no-answer', disposition: 'no_answer' },
  cancelled: { event: 'dial-cancelled', disposition: 'cancelled' },
  failed: { event: 'give-up', disposition: 'failed' },
}

/** Ends a call that is not over yet. From `connected` a negative last word leads through routing: somebody was bridged. */
export const finish = (progress: Progress, event: CallEvent, change: Partial<Call>, atMs: number): Progress => {
  const { state } = progress.call
  if (isTerminal(state)) return advance(progress, event, atMs)
  const applicable = nextCallState(state, event) === undefined ? 'give-up' : event
  return amend(advance(progress, applicable, atMs), { endedAtMs: atMs, ...change })
}

const cdrEvents: Readonly<Record<Disposition, CallEvent>> = {
  answered: 'cdr-answered',
  busy: 'cdr-busy',
  no_answer: 'cdr-no-answer',
  cancelled: 'cdr-no-answer',
  congestion: 'cdr-failed',
  failed: 'cdr-failed',
  lost: 'cdr-failed',
  other: 'cdr-failed',
}
const outcomeOf: Readonly<Partial<Record<CallEvent, CallState>>> = {
  'cdr-answered': 'completed',
  'cdr-busy': 'busy',
  'cdr-no-answer': 'no_answer',
  'cdr-failed': 'failed',
}

const resultOfOpenAttempt = (disposition: Disposition): AttemptResult =>
  disposition === 'answered' || disposition === 'busy' || disposition === 'no_answer' || disposition === 'cancelled'
    ? disposition
    : 'failed'

/**
 * Applies a CDR. The first one closes the call, or fills in and may correct the outcome of one that is closed; the first
 * differing one after it corrects once more; later ones are ignored, with the reason.
 */
export const applyCdr = (
  progress: Progress,
  cdr: Cdr,
  cdrHash: string,
  atMs: number,
): { progress: Progress; ignored?: string } => {
  const { call } = progress
  const event = cdrEvents[cdr.disposition]
  if (call.cdrHash !== undefined && (call.corrected || call.cdrHash === cdrHash)) {
    const ignored = call.corrected ? 'the outcome was corrected once already' : 'the same CDR came before'
    return {
      ignored,
      progress: { ...progress, transitions: [...progress.transitions, { atMs, event, from: call.state, ignored }] },
    }
  }
  const facts: Partial<Call> = {
    disposition: cdr.disposition,
    reason: cdr.disposition === 'other' ? `the platform said ${cdr.word}` : call.reason,
    startedAtMs: cdr.startedAtMs ?? call.startedAtMs,
    answeredAtMs: cdr.answeredAtMs ?? (cdr.disposition === 'answered' ? call.answeredAtMs : undefined),
    endedAtMs: cdr.endedAtMs ?? call.endedAtMs ?? atMs,
    ringSeconds: cdr.ringSeconds ?? call.ringSeconds,
    talkSeconds: cdr.talkSeconds ?? call.talkSeconds,
    durationSeconds: cdr.durationSeconds ?? call.durationSeconds,
    quality: cdr.quality ?? call.quality,
    cdrHash: call.cdrHash ?? cdrHash,
    corrected: call.cdrHash !== undefined,
    updatedAtMs: atMs,
  }
  let next = progress
  for (const attempt of openAttempts(call))
    next = endAttempt(next, attempt.n, resultOfOpenAttempt(cdr.disposition), facts.endedAtMs ?? atMs)
  if (!isTerminal(call.state)) return { progress: amend(advance(next, event, atMs), facts) }
  const state = outcomeOf[event] ?? 'failed'
  const transitions: readonly Transition[] =
    state === call.state
      ? next.transitions
      : [...next.transitions, { atMs, event: `${event} (correction)`, from: call.state, to: state }]
  return { progress: amend({ ...next, transitions }, { ...facts, state }) }
}
