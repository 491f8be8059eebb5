import type { StrategyName } from '../../../shared/vocabulary.ts'
import { strategies } from './strategies/index.ts'
import type { Strategy } from './strategies/strategy.ts'
import { firstChoicesOf, standings, type GroupTally, type Standing } from './strategies/tally.ts'

/** A member of a group as the configuration has it, at the moment of choosing. */
export interface SelectableMember {
  readonly agentId: string
  readonly weight: number
  readonly priority: number
  readonly position: number
  /** Cap on active calls; undefined is no cap. */
  readonly maxConcurrentCalls?: number | undefined
  /** Why the configuration or this call rules it out, in the operator's words ("disabled", "already tried in this call"). */
  readonly barred?: string | undefined
}

/** What was found about one member, for the explanation. */
export interface MemberVerdict {
  readonly agentId: string
  readonly eligible: boolean
  readonly chosen: boolean
  readonly verdict: string
  readonly activeCalls: number
  readonly firstChoices: number
  /** Calls behind its weighted share, the call being placed included; undefined where the strategy does not compare it. */
  readonly behind?: number | undefined
}

export interface MemberChoice {
  readonly chosen: SelectableMember | undefined
  /** Among whom the choice was shared out; what the tally counts by. */
  readonly contenders: readonly SelectableMember[]
  readonly verdicts: readonly MemberVerdict[]
}

const whyNot = (member: SelectableMember, activeCalls: number): string | undefined => {
  if (member.barred !== undefined) return member.barred
  const cap = member.maxConcurrentCalls
  return cap !== undefined && activeCalls >= cap ? `at its cap (${activeCalls} of ${cap})` : undefined
}

/** Chooses among the members that are eligible right now. Changes nothing; the caller counts and takes the slot. */
export const selectMember = (
  strategyName: StrategyName,
  tally: GroupTally,
  members: readonly SelectableMember[],
  activeCallsOf: (agentId: string) => number,
): MemberChoice => {
  const strategy: Strategy = strategies[strategyName]
  const found = members.map((member) => {
    const { agentId, weight, priority, position } = member
    const activeCalls = activeCallsOf(agentId)
    return { member, agentId, weight, priority, position, activeCalls, reason: whyNot(member, activeCalls) }
  })
  const contenders = strategy.contenders(found.filter(({ reason }) => reason === undefined))
  const ranked = standings(tally, contenders)
  const candidates = contenders.map(({ member, agentId, weight, priority, position, activeCalls }, i) => {
    const { behind, firstChoices, lastUsedAtMs } = ranked[i] as Standing
    return { member, agentId, weight, priority, position, activeCalls, behind, firstChoices, lastUsedAtMs }
  })
  const chosen = strategy.choose(candidates)
  const waiting = `eligible, but waits behind priority ${contenders[0]?.priority}`
  // Contenders come in the order of the members, so one walk finds them among all.
  let next = 0
  return {
    chosen: chosen?.member,
    contenders: contenders.map(({ member }) => member),
    verdicts: found.map(({ agentId, activeCalls, reason }) => {
      const candidate = candidates[next]?.agentId === agentId ? candidates[next++] : undefined
      const isChosen = candidate !== undefined && candidate === chosen
      return {
        agentId,
        eligible: reason === undefined,
        chosen: isChosen,
        verdict: reason ?? (isChosen ? 'chosen' : candidate ? 'eligible' : waiting),
        activeCalls,
        firstChoices: candidate?.firstChoices ?? firstChoicesOf(tally, agentId),
        behind: candidate?.behind,
      }
    }),
  }
}
