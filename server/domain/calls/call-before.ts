import type { Call } from './call.ts'
import type { Transition } from './call-progress.ts'

/** What of a call an event that came later has changed: how it went on and how it ended. */
const later = {
  disposition: undefined,
  reason: undefined,
  endedAtMs: undefined,
  answeredAtMs: undefined,
  ringSeconds: undefined,
  talkSeconds: undefined,
  durationSeconds: undefined,
  quality: undefined,
} satisfies Partial<Call>

/** No CDR that comes again; one that came before and is known by name alone. */
const someCdr = 'of a CDR that came before'

/**
 * The call as it was after the first `count` of its transitions; undefined before the first. Each dial is a transition, and only
 * while a call is connecting or connected one goes on, so its attempts are as they were too. What stands in the record alone
 * (numbers, who took it) is as it is now.
 */
export const callBefore = (call: Call, transitions: readonly Transition[], count: number): Call | undefined => {
  const before = transitions.slice(0, count)
  const state = before.findLast(({ to }) => to !== undefined)?.to
  if (state === undefined) return undefined
  const isDialling = state === 'connecting' || state === 'connected'
  const dials = before.filter(({ event, to }) => event === 'dial' && to !== undefined).length
  const cdrs = before.filter(({ event, ignored }) => event.startsWith('cdr-') && ignored === undefined).length
  const attempts = call.attempts
    .slice(0, dials)
    .map((attempt, i) =>
      isDialling && i === dials - 1 ? { ...attempt, endedAtMs: undefined, result: undefined } : attempt,
    )
  const isOver = !isDialling && transitions.length === before.length
  return {
    ...call,
    ...(isOver ? {} : later),
    ...(state === 'connected' && { answeredAtMs: call.answeredAtMs }),
    state,
    attempts,
    cdrHash: cdrs === 0 ? undefined : someCdr,
    corrected: cdrs > 1 || undefined,
  }
}
