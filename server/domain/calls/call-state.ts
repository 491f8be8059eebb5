import { isTerminal, type CallState } from '../../../shared/vocabulary.ts'

export const callEvents = [
  'enqueue',
  'route',
  'dial',
  'answered',
  'dial-failed',
  'dial-answered',
  'dial-busy',
  'dial-no-answer',
  'dial-cancelled',
  'cdr-answered',
  'cdr-busy',
  'cdr-no-answer',
  'cdr-failed',
  'give-up',
] as const
export type CallEvent = (typeof callEvents)[number]

/** A CDR ends whatever goes on; so does giving up. */
const ending = {
  'cdr-answered': 'completed',
  'cdr-busy': 'busy',
  'cdr-no-answer': 'no_answer',
  'cdr-failed': 'failed',
  'give-up': 'failed',
} as const

/**
 * `dial-failed` is a negative result with somebody left to try; `dial-busy`, `dial-no-answer` and `dial-cancelled` are
 * the last word. `connected` goes back to `routing` too: a stray `answered` may have come before the negative result.
 */
const transitions: Readonly<Record<CallState, Readonly<Partial<Record<CallEvent, CallState>>>>> = {
  received: { enqueue: 'queued', ...ending },
  queued: { route: 'routing', ...ending },
  routing: { dial: 'connecting', ...ending },
  connecting: {
    answered: 'connected',
    'dial-failed': 'routing',
    'dial-answered': 'completed',
    'dial-busy': 'busy',
    'dial-no-answer': 'no_answer',
    'dial-cancelled': 'no_answer',
    ...ending,
  },
  connected: { 'dial-failed': 'routing', 'dial-answered': 'completed', ...ending },
  completed: {},
  busy: {},
  failed: {},
  no_answer: {},
}

/** Undefined means the event does not apply; webhooks arrive late and twice, so callers record it as ignored. */
export const nextCallState = (state: CallState, event: CallEvent): CallState | undefined => transitions[state][event]

/** Why an event does not apply, in the operator's words. */
export const whyIgnored = (state: CallState, event: CallEvent): string =>
  isTerminal(state) ? `the call is over (${state})` : `${event} means nothing while the call is ${state}`
