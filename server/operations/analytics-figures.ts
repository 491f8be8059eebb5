import type { CallFigures } from '../../shared/contract/analytics.ts'
import { dispositions, type Disposition } from '../../shared/vocabulary.ts'
import { percentile, type Bins } from '../domain/analytics/log-bins.ts'
import type { Amounts } from '../domain/analytics/measures.ts'

export const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)

export const attemptCounts = (amounts: Amounts): CallFigures['attempts'] => ({
  total: amounts.attempts,
  answered: amounts.attempts_answered,
  busy: amounts.attempts_busy,
  noAnswer: amounts.attempts_no_answer,
  failed: amounts.attempts_failed,
  cancelled: amounts.attempts_cancelled,
})

/** Sums as clients read them. */
export const toFigures = (amounts: Amounts): CallFigures => {
  const { calls, outcome_answered: answered, failed_over: failedOver } = amounts
  return {
    calls,
    answered,
    abandoned: amounts.outcome_cancelled,
    failedOver,
    outcomes: Object.fromEntries(
      dispositions.map((disposition) => [disposition, amounts[`outcome_${disposition}`]]),
    ) as Record<Disposition, number>,
    attempts: attemptCounts(amounts),
    talkSeconds: amounts.talk_ms / 1000,
    durationSeconds: amounts.duration_ms / 1000,
    successRate: ratio(answered, calls),
    failoverRate: ratio(failedOver, calls),
    averageTalkSeconds: ratio(amounts.talk_ms, amounts.talk_count * 1000),
    averageAnswerDelayMs: ratio(amounts.delay_ms, amounts.delay_count),
  }
}

/** `perMs`: how many of the bins' unit make a millisecond. */
export const toPercentiles = (bins: Bins, perMs = 1): { p50Ms?: number; p95Ms?: number; p99Ms?: number } => {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => {
    const value = percentile(bins, share)
    return value === undefined ? undefined : value / perMs
  })
  return {
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p95Ms !== undefined && { p95Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  }
}
