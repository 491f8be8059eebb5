import type { GroupTally } from '../../server/domain/routing/strategies/tally.ts'
import type { RuntimeJournal } from '../../server/ports/runtime-state.ts'

/**
 * A journal that keeps what a file would: exactly what it was told, by value. A change it was not told of is lost, as it
 * would be in a crash.
 */
export const recordingJournal = () => {
  const kept = new Map<string, { tenantId: string; groupId: string; tally: GroupTally }>()
  const saves: { groupId: string; changedAgentId: string | undefined }[] = []
  const keyOf = (tenantId: string, groupId: string): string => `${tenantId}\n${groupId}`
  const journal: RuntimeJournal = {
    saveTally(tenantId, groupId, { epoch, epochStartedAtMs, members }, changedAgentId) {
      saves.push({ groupId, changedAgentId })
      const key = keyOf(tenantId, groupId)
      const before = kept.get(key)?.tally.members
      const changed = changedAgentId === undefined ? [...members.keys()] : [changedAgentId]
      const next = changedAgentId === undefined ? new Map() : new Map(before)
      for (const agentId of changed) {
        const { offset, buckets, lastUsedAtMs } = members.get(agentId)!
        next.set(agentId, { offset, buckets: buckets.map((bucket) => ({ ...bucket })), lastUsedAtMs })
      }
      kept.set(key, { tenantId, groupId, tally: { epoch, epochStartedAtMs, members: next } })
    },
    deleteTally: (tenantId, groupId) => void kept.delete(keyOf(tenantId, groupId)),
    load: () => Promise.resolve(structuredClone([...kept.values()])),
  }
  return { ...journal, saves, groups: () => [...kept.values()].map(({ groupId }) => groupId) }
}
