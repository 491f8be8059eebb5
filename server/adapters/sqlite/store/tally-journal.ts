import type { GroupTally, MemberTally } from '../../../domain/routing/strategies/tally.ts'
import type { JournalEntry, TallyMemberEntry } from '../calls/journal-entry.ts'

type Bucket = MemberTally['buckets'][number]

/** What changed of one group since it was last taken. */
interface Dirty {
  readonly tenantId: string
  readonly groupId: string
  readonly agentIds: Set<string>
  isWhole: boolean
}

/** What the file holds of a group, as far as this process wrote it. */
interface Written {
  readonly epoch: string
  readonly buckets: Map<string, readonly Bucket[]>
}

export interface TallyJournal {
  save(tenantId: string, groupId: string, tally: GroupTally, changedAgentId: string | undefined): void
  delete(tenantId: string, groupId: string): void
  isDirty(): boolean
  take(): JournalEntry[]
  /** The entries taken were not stored: what they said will be said again. */
  putBack(entries: readonly JournalEntry[]): void
  /** The entries taken could not be written and would not be the next time either: the next change says all anew. */
  drop(entries: readonly JournalEntry[]): void
}

const keyOf = (tenantId: string, groupId: string) => `${tenantId}\n${groupId}`

const difference = (agentId: string, member: MemberTally, before: readonly Bucket[]): TallyMemberEntry => {
  const counts = new Map(before.map(({ startMs, count }) => [startMs, count]))
  const buckets: Bucket[] = []
  for (const { startMs, count } of member.buckets) {
    if (counts.get(startMs) !== count) buckets.push({ startMs, count })
    counts.delete(startMs)
  }
  return { agentId, offset: member.offset, lastUsedAtMs: member.lastUsedAtMs, buckets, goneBuckets: [...counts.keys()] }
}

/** Gathers changes of tallies; many changes of one member become one entry when a batch is taken. */
export const createTallyJournal = (onDirty: () => void): TallyJournal => {
  /** The newest of each group, live: they are read when a batch is taken. A group without one was deleted. */
  const tallies = new Map<string, GroupTally>()
  const dirty = new Map<string, Dirty>()
  const written = new Map<string, Written>()

  const mark = (tenantId: string, groupId: string): Dirty => {
    const key = keyOf(tenantId, groupId)
    let entry = dirty.get(key)
    if (!entry) dirty.set(key, (entry = { tenantId, groupId, agentIds: new Set(), isWhole: false }))
    return entry
  }

  const takeOne = ({ tenantId, groupId, agentIds, isWhole: wantsWhole }: Dirty): JournalEntry => {
    const key = keyOf(tenantId, groupId)
    const tally = tallies.get(key)
    if (!tally) {
      written.delete(key)
      return { kind: 'delete', tenantId, groupId }
    }
    const before = written.get(key)
    const isGone = [...agentIds].some((agentId) => !tally.members.has(agentId))
    // Not written by this process yet, or of another epoch: what the file holds is no base to build on.
    const isWhole = wantsWhole || isGone || before?.epoch !== tally.epoch
    const known: Written = isWhole ? { epoch: tally.epoch, buckets: new Map() } : before
    written.set(key, known)
    const members: TallyMemberEntry[] = []
    for (const agentId of isWhole ? tally.members.keys() : agentIds) {
      const member = tally.members.get(agentId)
      if (!member) continue
      members.push(difference(agentId, member, known.buckets.get(agentId) ?? []))
      // Copies: the live buckets count on.
      const copies = member.buckets.map(({ startMs, count }) => ({ startMs, count }))
      known.buckets.set(agentId, copies)
    }
    const { epoch, epochStartedAtMs } = tally
    return { kind: 'save', tenantId, groupId, epoch, epochStartedAtMs, isWhole, members }
  }

  const drop = (entries: readonly JournalEntry[]): void => {
    for (const { tenantId, groupId } of entries) written.delete(keyOf(tenantId, groupId))
  }

  return {
    save: (tenantId, groupId, tally, changedAgentId) => {
      const entry = mark(tenantId, groupId)
      if (changedAgentId === undefined) entry.isWhole = true
      else entry.agentIds.add(changedAgentId)
      tallies.set(keyOf(tenantId, groupId), tally)
      onDirty()
    },
    delete: (tenantId, groupId) => {
      mark(tenantId, groupId).isWhole = true
      tallies.delete(keyOf(tenantId, groupId))
      onDirty()
    },
    isDirty: () => dirty.size > 0,
    take: () => {
      const entries = [...dirty.values()].map(takeOne)
      dirty.clear()
      return entries
    },
    putBack: (entries) => {
      for (const { tenantId, groupId } of entries) mark(tenantId, groupId).isWhole = true
      drop(entries)
    },
    drop,
  }
}
