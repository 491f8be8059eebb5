import type { StrategyName } from '../../shared/vocabulary.ts'
import { selectMember, type SelectableMember } from '../../server/domain/routing/select-member.ts'
import { aPresent } from './builders.ts'
import { strategies } from '../../server/domain/routing/strategies/index.ts'
import {
  countFirstChoice,
  countOf,
  emptyTally,
  expire,
  type GroupTally,
} from '../../server/domain/routing/strategies/tally.ts'

const windowMs = 86_400_000

/** A group that is asked call after call, as the runtime state asks it. */
export const aRotation = (strategy: StrategyName, tally: GroupTally = emptyTally()) => {
  const window = strategies[strategy].usesWindow ? windowMs : undefined
  const rotation = {
    tally,
    nowMs: 1_767_268_800_000,
    active: new Map<string, number>(),
    /** Places a call among these and counts it; answers with who got it. */
    next(members: readonly SelectableMember[]): string | undefined {
      rotation.nowMs += 1
      expire(tally, window, rotation.nowMs)
      const { chosen, contenders } = selectMember(
        strategy,
        tally,
        members,
        aPresent({ nowMs: rotation.nowMs, activeCallsOf: (id) => rotation.active.get(id) ?? 0 }),
      )
      if (chosen) countFirstChoice(tally, contenders, chosen.agentId, window, rotation.nowMs)
      return chosen?.agentId
    },
  }
  return rotation
}

/** How far, in calls, anybody ever was from its share while `calls` calls were placed. */
export const worstDeviation = (
  rotation: ReturnType<typeof aRotation>,
  members: readonly SelectableMember[],
  calls: number,
): number => {
  const total = members.reduce((sum, { weight }) => sum + weight, 0)
  const counts = new Map<string, number>()
  let worst = 0
  for (let n = 1; n <= calls; n += 1) {
    const agentId = rotation.next(members)!
    counts.set(agentId, (counts.get(agentId) ?? 0) + 1)
    for (const { agentId: id, weight } of members)
      worst = Math.max(worst, Math.abs((counts.get(id) ?? 0) - (n * weight) / total))
  }
  return worst
}

/** How far, in calls, anybody of the epoch is from its share now, with what it brought along. */
export const worstBalance = ({ tally }: ReturnType<typeof aRotation>, members: readonly SelectableMember[]): number => {
  const total = members.reduce((sum, { weight }) => sum + weight, 0)
  const found = members.map(({ agentId, weight }) => {
    const member = tally.members.get(agentId)
    return { weight, offset: member?.offset ?? 0, count: countOf(member) }
  })
  const calls = found.reduce((sum, { count }) => sum + count, 0)
  return Math.max(...found.map(({ weight, offset, count }) => Math.abs(offset + (calls * weight) / total - count)))
}
