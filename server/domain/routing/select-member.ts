import type { StrategyName } from '../../../shared/vocabulary.ts'
import { whyBroken, type Circuit } from './circuit/circuit.ts'
import { strategies } from './strategies/index.ts'
import type { Strategy } from './strategies/strategy.ts'
import { firstChoicesOf, standings, type GroupTally, type Standing } from './strategies/tally.ts'

/** A member of a group as the configuration has it, at the moment of choosing. */
export interface SelectableMember {
  readonly agentId: string
  readonly weight: number
  readonly priority: number
  readonly position: number
  /** Key of its provider, whose limit and circuit hold too. */
  readonly provider: string
  /** Cap on active calls; undefined is no cap. */
  readonly maxConcurrentCalls?: number | undefined
  /** The admin forced its circuit closed: its results do not matter. */
  readonly ignoresCircuit?: boolean | undefined
  /** Why the configuration or this call rules it out, in the operator's words ("disabled", "already tried in this call"). */
  readonly barred?: string | undefined
}

/** What is true right now, as far as a choice goes by it. */
export interface Present {
  readonly nowMs: number
  /** At least 0 and below 1. */
  readonly chance: number
  readonly activeCallsOf: (agentId: string) => number
  readonly callsOfProvider: (provider: string) => number
  /** The provider's plan limit on active calls; undefined is none. */
  readonly limitOfProvider: (provider: string) => number | undefined
  readonly circuitOf: (agentId: string) => Circuit
  readonly circuitOfProvider: (provider: string) => Circuit
  /** Who took this caller's last call, if that is to count. */
  readonly stickyAgentId?: string | undefined
}

/** What was found about one member, for the explanation. */
export interface MemberVerdict {
  readonly agentId: string
  readonly eligible: boolean
  readonly chosen: boolean
  readonly verdict: string
  readonly activeCalls: number
  readonly firstChoices: number
  readonly lastUsedAtMs?: number | undefined
  /** Calls behind its weighted share, the call being placed included; undefined where the strategy does not compare it. */
  readonly behind?: number | undefined
  /** Chosen because it took the caller's last call. */
  readonly sticky?: boolean | undefined
}

export interface MemberChoice {
  readonly chosen: SelectableMember | undefined
  /** Chosen because it took the caller's last call: the strategy was not asked, and nothing is counted. */
  readonly isSticky: boolean
  /** Among whom the choice was shared out; what the tally counts by. */
  readonly contenders: readonly SelectableMember[]
  readonly verdicts: readonly MemberVerdict[]
}

const whyNot = (member: SelectableMember, activeCalls: number, present: Present): string | undefined => {
  if (member.barred !== undefined) return member.barred
  const { maxConcurrentCalls: cap, provider } = member
  if (cap !== undefined && activeCalls >= cap) return `at its cap (${activeCalls} of ${cap})`
  const limit = present.limitOfProvider(provider)
  const calls = limit === undefined ? 0 : present.callsOfProvider(provider)
  if (limit !== undefined && calls >= limit) return `its provider ${provider} is at its limit (${calls} of ${limit})`
  if (member.ignoresCircuit) return undefined
  const broken = whyBroken(present.circuitOf(member.agentId), present.nowMs)
  if (broken !== undefined) return broken
  const down = whyBroken(present.circuitOfProvider(provider), present.nowMs)
  return down === undefined ? undefined : `its provider ${provider}: ${down}`
}

interface Judged {
  readonly member: SelectableMember
  readonly agentId: string
  readonly weight: number
  readonly priority: number
  readonly position: number
  readonly activeCalls: number
  readonly reason: string | undefined
}

/** Trials of its provider that failed with this agent since that one is out; undefined where it is not. */
const failedTrials = (
  { agentId, provider, ignoresCircuit }: SelectableMember,
  present: Present,
): number | undefined => {
  const { openedAtMs, row } = present.circuitOfProvider(provider)
  return openedAtMs === undefined || ignoresCircuit ? undefined : (row[agentId] ?? 0)
}

/** The agents of a provider that is out try it in turn: with one that is dead itself it would never come back. */
const inTurn = (judged: readonly Judged[], present: Present): readonly Judged[] => {
  const fewest = new Map<string, number>()
  for (const { member, reason } of judged) {
    const failed = reason === undefined ? failedTrials(member, present) : undefined
    if (failed !== undefined) fewest.set(member.provider, Math.min(failed, fewest.get(member.provider) ?? failed))
  }
  if (fewest.size === 0) return judged
  return judged.map((one) => {
    const { provider } = one.member
    const isLater = one.reason === undefined && (failedTrials(one.member, present) ?? 0) > (fewest.get(provider) ?? 0)
    return isLater
      ? { ...one, reason: `its provider ${provider}: circuit open, another agent of it is tried first` }
      : one
  })
}

const judge = (members: readonly SelectableMember[], present: Present): readonly Judged[] =>
  inTurn(
    members.map((member) => {
      const { agentId, weight, priority, position } = member
      const activeCalls = present.activeCallsOf(agentId)
      return { member, agentId, weight, priority, position, activeCalls, reason: whyNot(member, activeCalls, present) }
    }),
    present,
  )

/** Says of each member what became of it, from what was compared. */
const tell = (
  strategy: Strategy,
  judged: readonly Judged[],
  contenders: readonly Judged[],
  standingsOf: Standings,
  chosen: SelectableMember | undefined,
  isSticky: boolean,
): readonly MemberVerdict[] => {
  const waiting = `eligible, but waits behind priority ${contenders[0]?.priority}`
  const taken = isSticky ? "chosen, it took this caller's last call" : 'chosen'
  // Contenders come in the order of the members, so one walk finds them among all.
  let next = 0
  return judged.map(({ member, agentId, activeCalls, reason }) => {
    const isContender = contenders[next]?.member === member
    const standing = isContender ? (standingsOf.contenders[next++] as Standing) : undefined
    const isChosen = member === chosen
    return {
      agentId,
      eligible: reason === undefined,
      chosen: isChosen,
      verdict: reason ?? (isChosen ? taken : isContender ? 'eligible' : waiting),
      activeCalls,
      firstChoices: standing ? standing.firstChoices : standingsOf.firstChoicesOf(agentId),
      lastUsedAtMs: standing?.lastUsedAtMs,
      behind: strategy.isExact ? standing?.behind : undefined,
      sticky: isChosen && isSticky ? true : undefined,
    }
  })
}

/** What members bring into a choice. */
interface Standings {
  /** Of the contenders, in their order. */
  readonly contenders: readonly Standing[]
  readonly firstChoicesOf: (agentId: string) => number
}

const contendersAmong = (strategy: Strategy, judged: readonly Judged[]): readonly Judged[] =>
  strategy.contenders(judged.filter(({ reason }) => reason === undefined))

/** Chooses among the members that are eligible right now. Changes nothing; the caller counts and takes the slot. */
export const selectMember = (
  strategyName: StrategyName,
  tally: GroupTally,
  members: readonly SelectableMember[],
  present: Present,
): MemberChoice => {
  const strategy: Strategy = strategies[strategyName]
  const judged = judge(members, present)
  const contenders = contendersAmong(strategy, judged)
  const ranked = standings(tally, contenders)
  const candidates = contenders.map((contender, i) => ({ ...contender, ...(ranked[i] as Standing) }))
  const { stickyAgentId } = present
  const sticky =
    stickyAgentId === undefined
      ? undefined
      : judged.find(({ agentId, reason }) => agentId === stickyAgentId && reason === undefined)
  const chosen = sticky?.member ?? strategy.choose(candidates, present.chance)?.member
  const standingsOf = { contenders: ranked, firstChoicesOf: (agentId: string) => firstChoicesOf(tally, agentId) }
  return {
    chosen,
    isSticky: sticky !== undefined,
    contenders: contenders.map(({ member }) => member),
    verdicts: tell(strategy, judged, contenders, standingsOf, chosen, sticky !== undefined),
  }
}

/** The verdicts of a choice that was made elsewhere, from what was true and compared there. */
export const verdictsOf = (
  strategyName: StrategyName,
  members: readonly SelectableMember[],
  present: Present,
  standingOf: (agentId: string) => Standing,
  chosen: SelectableMember | undefined,
  isSticky: boolean,
): readonly MemberVerdict[] => {
  const strategy: Strategy = strategies[strategyName]
  const judged = judge(members, present)
  const contenders = contendersAmong(strategy, judged)
  const standingsOf = {
    contenders: contenders.map(({ agentId }) => standingOf(agentId)),
    firstChoicesOf: (agentId: string) => standingOf(agentId).firstChoices,
  }
  return tell(strategy, judged, contenders, standingsOf, chosen, isSticky)
}
