import type { Attempt, CallDetail } from '../../shared/contract/calls.ts'
import type { CallState } from '../../shared/vocabulary.ts'
import { resultWords, stateWords, webhookOutcome, webhookWords } from './call-words.ts'

export type TimelineKind = 'state' | 'attempt' | 'webhook' | 'decision'

export interface TimelineEntry {
  readonly key: string
  readonly atMs: number
  readonly kind: TimelineKind
  readonly title: string
  readonly detail?: string | undefined
  readonly state?: CallState | undefined
  /** Nothing came of it: late, twice, out of order. */
  readonly isIgnored: boolean
  /** How many times over, one right after the other. */
  readonly times: number
}

const attemptTitle = (attempt: Attempt): string => attempt.agentName ?? attempt.trunkId ?? `Attempt ${attempt.n}`

const attemptEntries = (attempt: Attempt): TimelineEntry[] => {
  const started: TimelineEntry = {
    key: `attempt-${attempt.n}`,
    atMs: attempt.startedAtMs,
    kind: 'attempt',
    title: `Attempt ${attempt.n}: dialling ${attemptTitle(attempt)}`,
    isIgnored: false,
    times: 1,
  }
  if (attempt.endedAtMs === undefined) return [started]
  const result = attempt.result === undefined ? 'ended without a result' : resultWords[attempt.result]
  return [
    started,
    {
      ...started,
      key: `attempt-${attempt.n}-end`,
      atMs: attempt.endedAtMs,
      title: `Attempt ${attempt.n}: ${attemptTitle(attempt)}, ${result}`,
    },
  ]
}

/** Causes come before what they caused when both carry the same millisecond. */
const order: Readonly<Record<TimelineKind, number>> = { webhook: 0, state: 1, decision: 2, attempt: 3 }

/** Steps taken within one millisecond become one line, and so does what repeats itself. */
const fold = (entries: readonly TimelineEntry[]): TimelineEntry[] => {
  const lines: TimelineEntry[] = []
  for (const entry of entries) {
    const last = lines.at(-1)
    if (last?.state !== undefined && entry.state !== undefined && last.atMs === entry.atMs) {
      lines[lines.length - 1] = { ...entry, title: `${last.title} → ${entry.title}` }
    } else if (last && last.kind === entry.kind && last.title === entry.title && last.detail === entry.detail) {
      lines[lines.length - 1] = { ...last, times: last.times + 1 }
    } else {
      lines.push(entry)
    }
  }
  return lines
}

/** Everything that happened in a call, in the order it happened. */
export const timelineOf = (call: CallDetail): TimelineEntry[] => {
  const states = call.transitions.map((transition, index): TimelineEntry => ({
    key: `state-${index}`,
    atMs: transition.atMs,
    kind: 'state',
    title:
      transition.ignored !== undefined || transition.to === undefined ? transition.event : stateWords[transition.to],
    detail: transition.ignored === undefined ? transition.event : `ignored: ${transition.ignored}`,
    state: transition.ignored === undefined ? transition.to : undefined,
    isIgnored: transition.ignored !== undefined,
    times: 1,
  }))
  const webhooks = call.webhookEvents.map((event): TimelineEntry => ({
    key: `webhook-${event.id}`,
    atMs: event.atMs,
    kind: 'webhook',
    title: webhookWords[event.kind],
    detail: webhookOutcome(event),
    isIgnored: event.outcome !== 'applied',
    times: 1,
  }))
  const decisions = call.decisions.map((decision): TimelineEntry => ({
    key: `decision-${decision.id}`,
    atMs: decision.atMs,
    kind: 'decision',
    title: decision.explanation.summary,
    isIgnored: false,
    times: 1,
  }))
  const entries = [...webhooks, ...states, ...decisions, ...call.attempts.flatMap(attemptEntries)]
  return fold(entries.sort((a, b) => a.atMs - b.atMs || order[a.kind] - order[b.kind]))
}
