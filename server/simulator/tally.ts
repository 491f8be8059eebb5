import { webhookKinds, type CallState, type Disposition, type WebhookKind } from '../../shared/vocabulary.ts'
import { createLatency } from './latency.ts'
import type { PlayedCall } from './played-call.ts'
import type { ExpectedGroup } from './scenario.ts'

export interface WrongAnswer {
  readonly token: string
  readonly kind: WebhookKind
  readonly reason: string
}

export interface AgentTally {
  readonly value: string
  readonly provider?: string | undefined
  firstChoices: number
  attempts: number
  answered: number
}

const wrongAnswersKept = 20

const isCalled = (to: string, patterns: readonly string[] | undefined): boolean =>
  patterns?.some((pattern) => (pattern.endsWith('*') ? to.startsWith(pattern.slice(0, -1)) : to === pattern)) ?? true

/** The member of the group that was the call's first choice; undefined where the call has nothing to do with the group. */
export const firstChoiceIn = (group: ExpectedGroup, { to, dials: [first] }: PlayedCall): string | undefined =>
  first?.isAgent && Object.hasOwn(group.weights, first.value) && isCalled(to, group.to) ? first.value : undefined

/** Counts what happens in a run. Memory does not grow with the number of calls. */
export const createTally = (expected: readonly ExpectedGroup[] = []) => {
  const groups = expected.map((group) => ({ group, firstChoices: new Map<string, number>() }))
  const latency = Object.fromEntries(webhookKinds.map((kind) => [kind, createLatency()])) as Record<
    WebhookKind,
    ReturnType<typeof createLatency>
  >
  const wrongAnswers: WrongAnswer[] = []
  const agents = new Map<string, AgentTally>()
  const states: Partial<Record<CallState, number>> = {}
  const dispositions: Partial<Record<Disposition, number>> = {}
  const counts = {
    callsStarted: 0,
    calls: 0,
    requests: 0,
    wrongAnswers: 0,
    duplicates: 0,
    reorderedCalls: 0,
    lostEvents: 0,
    delayedEvents: 0,
    retries: 0,
    attempts: 0,
    failovers: 0,
  }
  const agentOf = (value: string, provider: string | undefined): AgentTally => {
    const known = agents.get(value)
    if (known) return known
    const fresh: AgentTally = { value, provider, firstChoices: 0, attempts: 0, answered: 0 }
    agents.set(value, fresh)
    return fresh
  }
  return {
    counts,
    latency,
    wrongAnswers,
    agents,
    groups,
    states,
    dispositions,
    wrong(token: string, kind: WebhookKind, reason: string): void {
      counts.wrongAnswers += 1
      if (wrongAnswers.length < wrongAnswersKept) wrongAnswers.push({ token, kind, reason })
    },
    ended(call: PlayedCall): void {
      counts.calls += 1
      if (call.wasReordered) counts.reorderedCalls += 1
      states[call.state] = (states[call.state] ?? 0) + 1
      dispositions[call.disposition] = (dispositions[call.disposition] ?? 0) + 1
      counts.attempts += call.dials.length
      counts.failovers += Math.max(0, call.dials.length - 1)
      for (const { group, firstChoices } of groups) {
        const first = firstChoiceIn(group, call)
        if (first !== undefined) firstChoices.set(first, (firstChoices.get(first) ?? 0) + 1)
      }
      for (const [index, { value, provider, isAgent, outcome }] of call.dials.entries()) {
        if (!isAgent) continue
        const agent = agentOf(value, provider)
        agent.attempts += 1
        if (index === 0) agent.firstChoices += 1
        if (outcome === 'answered') agent.answered += 1
      }
    },
  }
}
export type Tally = ReturnType<typeof createTally>
