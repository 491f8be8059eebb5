import { isTerminal, type AttemptResult, type CallState, type Disposition } from '../../../shared/vocabulary.ts'
import { countryOf } from '../numbers/country-of.ts'
import { secondsBetween, type Cdr } from '../webhooks/read-cdr.ts'
import type { Call, DialAttempt, Stage } from './call.ts'
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

/** Who calls whom at the stage that the call has come to. */
export const stageOf = ({ stage, direction, from, to }: Call): Stage => stage ?? { direction, from, to }

/** The call at a later stage, in which somebody else may call somebody else. */
export const atStage = (progress: Progress, { direction, from, to }: Stage): Progress => {
  const { call } = progress
  const isFirst = call.direction === direction && call.from === from && call.to === to
  return amend(progress, { stage: isFirst ? undefined : { direction, from, to } })
}

/** As it is about to be saved. */
export const revise = (progress: Progress): Progress => amend(progress, { revision: progress.call.revision + 1 })

/** In its place by n: the last one is the newest. */
const put = (attempts: readonly DialAttempt[], attempt: DialAttempt): DialAttempt[] =>
  [...attempts.filter(({ n }) => n !== attempt.n), attempt].sort((a, b) => a.n - b.n)

export const withAttempt = (progress: Progress, attempt: DialAttempt): Progress => ({
  call: { ...progress.call, attempts: put(progress.call.attempts, attempt) },
  transitions: progress.transitions,
  attempts: put(progress.attempts, attempt),
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

/** Reading a number for its country takes a while, so it is done once, when the call is over. */
const outerCountry = ({ country, direction, from, to }: Call): string | undefined =>
  country ?? countryOf(direction === 'inbound' ? from : to)

/**
 * Ends a call that is not over yet, with the dials that were still going on; as failed where the state knows no other way
 * to end by that event. The disposition still says what the platform said, but of a failed call never that it was answered.
 */
export const finish = (progress: Progress, event: CallEvent, change: Partial<Call>, atMs: number): Progress => {
  const { state } = progress.call
  if (isTerminal(state)) return advance(progress, event, atMs)
  const isKnownWay = nextCallState(state, event) !== undefined
  let ended = advance(progress, isKnownWay ? event : 'give-up', atMs)
  for (const { n } of openAttempts(ended.call)) ended = endAttempt(ended, n, undefined, atMs)
  const isContradicted = !isKnownWay && change.disposition === 'answered'
  return amend(ended, {
    endedAtMs: atMs,
    country: outerCountry(ended.call),
    ...change,
    ...(isContradicted && { disposition: 'failed' as const }),
  })
}

interface CdrMeaning {
  readonly event: CallEvent
  readonly state: CallState
  /** What became of a dial nobody told the end of. */
  readonly result: AttemptResult
}
const failed: CdrMeaning = { event: 'cdr-failed', state: 'failed', result: 'failed' }
const cdrMeanings: Readonly<Record<Disposition, CdrMeaning>> = {
  answered: { event: 'cdr-answered', state: 'completed', result: 'answered' },
  busy: { event: 'cdr-busy', state: 'busy', result: 'busy' },
  no_answer: { event: 'cdr-no-answer', state: 'no_answer', result: 'no_answer' },
  cancelled: { event: 'cdr-no-answer', state: 'no_answer', result: 'cancelled' },
  congestion: failed,
  failed,
  lost: failed,
  other: failed,
}

/** A word that nobody knows is kept. Why a call ended so is no news of one that was answered after all. */
const reasonAfter = ({ disposition, isWordKnown, word }: Cdr, { reason }: Call): string | undefined => {
  if (disposition === 'other') return `the platform said ${word === '' ? 'nothing' : word}`
  if (!isWordKnown && word !== '') return `the platform said ${word}`
  return disposition === 'answered' ? undefined : reason
}

/**
 * Applies a CDR. It closes a call that goes on, and fills in one that is over. The outcome of a call that is over is
 * corrected once; CDRs after that are ignored, with the reason, and so is one that was applied before.
 */
export const applyCdr = (
  progress: Progress,
  cdr: Cdr,
  cdrHash: string,
  atMs: number,
): { progress: Progress; ignored?: string } => {
  const { call } = progress
  const { event, state, result } = cdrMeanings[cdr.disposition]
  if (call.cdrHash !== undefined && (call.corrected || call.cdrHash === cdrHash)) {
    const ignored = call.cdrHash === cdrHash ? 'the same CDR came before' : 'the outcome was corrected once already'
    return {
      ignored,
      progress: { ...progress, transitions: [...progress.transitions, { atMs, event, from: call.state, ignored }] },
    }
  }
  const endedAtMs = cdr.endedAtMs ?? call.endedAtMs ?? atMs
  const startedAtMs = cdr.startedAtMs ?? call.startedAtMs
  const answeredAtMs = cdr.answeredAtMs ?? (cdr.disposition === 'answered' ? call.answeredAtMs : undefined)
  const facts: Partial<Call> = {
    disposition: cdr.disposition,
    platformDisposition: cdr.disposition === 'other' && cdr.word !== '' ? cdr.word : undefined,
    reason: reasonAfter(cdr, call),
    startedAtMs,
    answeredAtMs,
    endedAtMs,
    ringSeconds: cdr.ringSeconds ?? call.ringSeconds ?? secondsBetween(startedAtMs, answeredAtMs),
    talkSeconds: cdr.talkSeconds ?? call.talkSeconds,
    durationSeconds: cdr.durationSeconds ?? call.durationSeconds,
    quality: cdr.quality ?? call.quality,
    country: outerCountry(call),
    platformTrunkId: cdr.platformTrunkId ?? call.platformTrunkId,
    cdrHash,
    corrected: call.cdrHash !== undefined || (isTerminal(call.state) && state !== call.state) || undefined,
    updatedAtMs: atMs,
  }
  let next = progress
  for (const { n } of openAttempts(call)) next = endAttempt(next, n, result, endedAtMs)
  if (!isTerminal(call.state)) return { progress: amend(advance(next, event, atMs), facts) }
  const correction: Transition = { atMs, event: `${event} (correction)`, from: call.state, to: state }
  const transitions = state === call.state ? next.transitions : [...next.transitions, correction]
  return { progress: amend({ ...next, transitions }, { ...facts, state }) }
}
