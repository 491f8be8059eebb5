import type { StrategyName } from '../../../shared/vocabulary.ts'
import { strategies } from './strategies/index.ts'
import type { Strategy } from './strategies/strategy.ts'
import { behind, countOf, type GroupTally } from './strategies/tally.ts'

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
    const activeCalls = activeCallsOf(member.agentId)
    return { member, activeCalls, reason: whyNot(member, activeCalls) }
  })
  const eligible = found.filter(({ reason }) => reason === undefined).map(({ member }) => member)
  const contenders = strategy.contenders(eligible)
  const balances = contenders.length === 0 ? [] : behind(tally, contenders)
  const behindBy = new Map(contenders.map((member, i) => [member.agentId, balances[i] ?? 0]))
  const chosen = strategy.choose(
    contenders.map((member) => ({
      ...member,
      activeCalls: activeCallsOf(member.agentId),
      lastUsedAtMs: tally.members.get(member.agentId)?.lastUsedAtMs,
      behind: behindBy.get(member.agentId) ?? 0,
    })),
  )
  return {
    chosen: chosen && contenders.find(({ agentId }) => agentId === chosen.agentId),
    contenders,
    verdicts: found.map(({ member, activeCalls, reason }) => {
      const isChosen = member.agentId === chosen?.agentId
      const isContender = behindBy.has(member.agentId)
      return {
        agentId: member.agentId,
        eligible: reason === undefined,
        chosen: isChosen,
        verdict:
          reason ??
          (isChosen
            ? 'chosen'
            : isContender
              ? 'eligible'
              : `eligible, but waits behind priority ${contenders[0]?.priority}`),
        activeCalls,
        firstChoices: countOf(tally.members.get(member.agentId)),
        behind: behindBy.get(member.agentId),
      }
    }),
  }
}
