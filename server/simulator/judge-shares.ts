import type { CallDetail } from '../../shared/contract/calls.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { countCircuits, type CircuitCount } from './circuits.ts'
import { read, readAll, tenantPath, withoutScheme, type ControlPlaneAccess } from './control-plane.ts'
import type { PlayedCall } from './played-call.ts'
import type { ExpectedGroup } from './scenario.ts'
import { shareByEligible, type FirstChoice, type GroupShare } from './shares.ts'
import { firstChoiceIn } from './tally.ts'

/** How the shares of a run look in the light of who could take calls. */
export interface JudgedShares {
  readonly groups: readonly GroupShare[]
  readonly circuits: readonly CircuitCount[]
  /** Calls for which a group had no eligible member, so that no agent was dialled. */
  readonly foundNobody: number
}

/** Why the first dial of a call went where it went. */
interface FirstDecision {
  readonly atMs: number
  /** Ids of who was eligible; undefined where the explanation does not list all members. */
  readonly eligible?: readonly string[] | undefined
  readonly foundNobody: boolean
}

const readFirstDecision = async (access: ControlPlaneAccess, token: string): Promise<FirstDecision | undefined> => {
  const detail = await read<CallDetail>(access, `${tenantPath(access)}/calls/${token}`)
  const decision = detail?.decisions.find(({ explanation }) => explanation.trigger === 'voice_request')
  if (!decision) return undefined
  const asked = decision.explanation.steps.filter(({ members }) => members !== undefined)
  const choice = asked.findLast(({ members }) => members?.some(({ chosen }) => chosen))
  return {
    atMs: decision.atMs,
    eligible:
      choice?.moreMembers === undefined
        ? choice?.members?.filter(({ eligible }) => eligible).map(({ agentId }) => agentId)
        : undefined,
    foundNobody: asked.length > 0 && choice === undefined,
  }
}

const readers = 8

const readFirstDecisions = async (
  access: ControlPlaneAccess,
  calls: readonly PlayedCall[],
): Promise<Map<string, FirstDecision>> => {
  const decisions = new Map<string, FirstDecision>()
  const left = calls.values()
  const line = async (): Promise<void> => {
    for (const { token } of left) {
      const decision = await readFirstDecision(access, token)
      if (decision) decisions.set(token, decision)
    }
  }
  await Promise.all(Array.from({ length: readers }, line))
  return decisions
}

/**
 * Circuits, caps and schedules take members out of a group and put them back. Where that may have happened, the shares are
 * held against the members that were eligible, as the explanation of each call's first decision tells.
 */
export const judgeShares = async (
  shares: readonly GroupShare[],
  expected: readonly ExpectedGroup[],
  calls: readonly PlayedCall[],
  access: ControlPlaneAccess,
  startedMs: number,
  onReading: (calls: number) => void = () => undefined,
): Promise<JudgedShares> => {
  const valueOf = new Map<string, string>()
  const concerned = new Set(expected.flatMap(({ weights }) => Object.keys(weights)).map(withoutScheme))
  for (const { dials } of calls)
    for (const { value, isAgent } of dials) if (isAgent) concerned.add(withoutScheme(value))
  const agents: VoiceAgent[] = []
  await readAll<VoiceAgent>(access, `${tenantPath(access)}/voice-agents`, {}, (agent) => {
    valueOf.set(agent.id, withoutScheme(agent.value))
    if (concerned.has(withoutScheme(agent.value))) agents.push(agent)
  })
  const circuits = await countCircuits(access, agents, startedMs)

  const isDoubtful = ({ maxDeviation = 1 }: ExpectedGroup, share: GroupShare | undefined): boolean =>
    circuits.length > 0 || (share?.maxDeviation ?? 0) > maxDeviation
  const doubtful = expected.filter((group, i) => isDoubtful(group, shares[i]))
  const isNeeded = (call: PlayedCall): boolean =>
    !call.dials.some(({ isAgent }) => isAgent) || doubtful.some((group) => firstChoiceIn(group, call) !== undefined)
  const needed = calls.filter(isNeeded)
  if (needed.length > 0) onReading(needed.length)
  const decisions = await readFirstDecisions(access, needed)

  const choicesOf = (group: ExpectedGroup): FirstChoice[] => {
    const spelled = new Map(Object.keys(group.weights).map((value) => [withoutScheme(value), value]))
    return needed.flatMap((call) => {
      const value = firstChoiceIn(group, call)
      if (value === undefined) return []
      const { atMs = 0, eligible } = decisions.get(call.token) ?? {}
      return [{ value, atMs, eligible: eligible?.map((id) => spelled.get(valueOf.get(id) ?? id) ?? id) }]
    })
  }
  return {
    groups: shares.map((share, i) => {
      const group = expected[i]
      return group && doubtful.includes(group) ? shareByEligible(group, choicesOf(group)) : share
    }),
    circuits,
    foundNobody: [...decisions.values()].filter(({ foundNobody }) => foundNobody).length,
  }
}
