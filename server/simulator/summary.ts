import { webhookKinds, type CallState, type Disposition, type WebhookKind } from '../../shared/vocabulary.ts'
import type { LatencyFigures } from './latency.ts'
import { shareByWeights, type GroupShare } from './shares.ts'
import type { AgentTally, Tally, WrongAnswer } from './tally.ts'

export interface AgentShare extends Readonly<AgentTally> {
  /** Of all first choices. */
  readonly share: number
}
/** What a run came to. */
export interface Summary {
  readonly calls: number
  readonly seconds: number
  readonly callsPerSecond: number
  readonly requests: number
  readonly requestsPerSecond: number
  readonly states: Readonly<Partial<Record<CallState, number>>>
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>
  readonly attempts: number
  readonly failovers: number
  readonly agents: readonly AgentShare[]
  readonly groups: readonly GroupShare[]
  readonly latency: Readonly<Record<WebhookKind, LatencyFigures>>
  readonly wrongAnswers: { readonly count: number; readonly first: readonly WrongAnswer[] }
  readonly duplicatesSent: number
  readonly reorderedCalls: number
  readonly lostEvents: number
  readonly delayedEvents: number
  readonly retries: number
}

export const summarise = (tally: Tally, seconds: number): Summary => {
  const { counts } = tally
  const agents = [...tally.agents.values()].sort((left, right) => left.value.localeCompare(right.value))
  const firstChoices = agents.reduce((sum, agent) => sum + agent.firstChoices, 0)
  const perSecond = (count: number): number => Math.round((count / Math.max(seconds, 0.001)) * 10) / 10
  return {
    calls: counts.calls,
    seconds: Math.round(seconds * 1000) / 1000,
    callsPerSecond: perSecond(counts.calls),
    requests: counts.requests,
    requestsPerSecond: perSecond(counts.requests),
    states: tally.states,
    dispositions: tally.dispositions,
    attempts: counts.attempts,
    failovers: counts.failovers,
    agents: agents.map((agent) => ({ ...agent, share: firstChoices === 0 ? 0 : agent.firstChoices / firstChoices })),
    groups: tally.groups.map(({ group, firstChoices: counted }) => shareByWeights(group, counted)),
    latency: Object.fromEntries(webhookKinds.map((kind) => [kind, tally.latency[kind].figures()])) as Record<
      WebhookKind,
      LatencyFigures
    >,
    wrongAnswers: { count: counts.wrongAnswers, first: [...tally.wrongAnswers] },
    duplicatesSent: counts.duplicates,
    reorderedCalls: counts.reorderedCalls,
    lostEvents: counts.lostEvents,
    delayedEvents: counts.delayedEvents,
    retries: counts.retries,
  }
}

/** Nothing to complain about. */
export const isGood = (summary: Summary): boolean =>
  summary.wrongAnswers.count === 0 && summary.groups.every(({ isWithinLimit }) => isWithinLimit)
