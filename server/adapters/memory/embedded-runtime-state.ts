import type { Call } from '../../domain/calls/call.ts'
import { selectMember } from '../../domain/routing/select-member.ts'
import { strategies } from '../../domain/routing/strategies/index.ts'
import {
  copyTally,
  countFirstChoice,
  countOf,
  emptyTally,
  expire,
  type GroupTally,
  type MemberTally,
} from '../../domain/routing/strategies/tally.ts'
import type { RuntimeJournal, RuntimeState, Selection, SelectionRequest } from '../../ports/runtime-state.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { createBoundedMap } from './bounded-map.ts'
import { createKeyedLock } from './keyed-lock.ts'
import { createLeases, type Leases } from './leases.ts'

// Older ones are read from the durable store.
const rememberedEndedCalls = 5000
const rememberedAnswers = 20_000

/**
 * Runtime state of one process: in memory, its tallies journalled so that they outlive a `kill -9`. Slots and live calls
 * are rebuilt from `inFlight`, the calls that the durable store has as not ended.
 */
export const createEmbeddedRuntimeState = async (
  journal: RuntimeJournal,
  inFlight: readonly Call[],
): Promise<RuntimeState> => {
  const tallies = new Map<string, GroupTally>()
  // By tenant, so that counting the calls of a group's members composes no keys.
  const leases = new Map<string, Leases>()
  const liveCalls = new Map<string, Call>()
  const notedEvents = new Map<string, Set<string>>()
  const endedCalls = createBoundedMap<Call>(rememberedEndedCalls)
  const answers = createBoundedMap<{ readonly status: number; readonly body: string }>(rememberedAnswers)
  const lock = createKeyedLock()
  const key = (owner: string, name: string): string => `${owner}\n${name}`

  const leasesOf = (tenantId: string): Leases => {
    let held = leases.get(tenantId)
    if (!held) leases.set(tenantId, (held = createLeases()))
    return held
  }

  for (const { tenantId, groupId, tally } of await journal.load()) tallies.set(key(tenantId, groupId), tally)
  for (const call of inFlight) {
    liveCalls.set(key(call.tenantId, call.token), call)
    for (const attempt of call.attempts) {
      if (attempt.agentId === undefined || attempt.endedAtMs !== undefined) continue
      const leaseKey = key(call.token, String(attempt.n))
      leasesOf(call.tenantId).hold(attempt.agentId, leaseKey, attempt.leaseUntilMs, 0)
    }
  }

  const tallyOf = (tenantId: string, groupId: string): GroupTally => {
    const name = key(tenantId, groupId)
    let tally = tallies.get(name)
    if (!tally) tallies.set(name, (tally = emptyTally()))
    return tally
  }

  /** What a choice goes by; a dry run gets a copy to play with. */
  const tallyFor = (tenantId: string, group: SelectionRequest['group'], dryRun: boolean): GroupTally => {
    if (!group) return emptyTally()
    return dryRun ? copyTally(tallies.get(key(tenantId, group.id)) ?? emptyTally()) : tallyOf(tenantId, group.id)
  }

  const select = ({
    tenantId,
    group,
    members,
    isFirstChoice,
    leaseKey,
    leaseMs,
    nowMs,
    dryRun = false,
  }: SelectionRequest): Selection => {
    const held = leasesOf(tenantId)
    const activeCallsOf = (agentId: string): number => held.count(agentId, nowMs)
    const windowMs = group && strategies[group.strategy].usesWindow ? group.windowMs : undefined
    const tally = tallyFor(tenantId, group, dryRun)
    let isWhollyChanged = expire(tally, windowMs, nowMs)
    const { chosen, contenders, verdicts } = selectMember(group?.strategy ?? 'priority', tally, members, activeCallsOf)
    if (dryRun) return { agentId: chosen?.agentId, verdicts }
    if (chosen) held.hold(chosen.agentId, leaseKey, nowMs + leaseMs, nowMs)
    if (group && chosen && isFirstChoice) {
      const isNewEpoch = countFirstChoice(tally, contenders, chosen.agentId, windowMs, nowMs)
      isWhollyChanged ||= isNewEpoch
      journal.saveTally(tenantId, group.id, tally, isWhollyChanged ? undefined : chosen.agentId)
    } else if (group && isWhollyChanged) journal.saveTally(tenantId, group.id, tally, undefined)
    return { agentId: chosen?.agentId, verdicts }
  }

  return {
    select: (request) => Promise.resolve(select(request)),
    release: (tenantId, agentId, leaseKey) => Promise.resolve(leasesOf(tenantId).release(agentId, leaseKey)),
    activeCalls: (tenantId, agentIds, nowMs) =>
      Promise.resolve(new Map(agentIds.map((agentId) => [agentId, leasesOf(tenantId).count(agentId, nowMs)]))),
    groupState(tenantId, groupId, windowMs, nowMs) {
      const members = tallies.get(key(tenantId, groupId))?.members ?? new Map<string, MemberTally>()
      const oldest = nowMs - windowMs
      const firstChoices = new Map<string, number>()
      const lastUsedAtMs = new Map<string, number>()
      for (const [agentId, member] of members) {
        const inside = member.buckets.filter(({ startMs }) => startMs === 0 || startMs >= oldest)
        firstChoices.set(agentId, countOf({ ...member, buckets: inside }))
        if (member.lastUsedAtMs !== undefined) lastUsedAtMs.set(agentId, member.lastUsedAtMs)
      }
      return Promise.resolve({ firstChoices, lastUsedAtMs })
    },
    exclusively: (tenantId, token, work) => lock(key(tenantId, token), work),
    loadCall: (tenantId, token) =>
      Promise.resolve(liveCalls.get(key(tenantId, token)) ?? endedCalls.get(key(tenantId, token))),
    saveCall(call) {
      const name = key(call.tenantId, call.token)
      if (isTerminal(call.state)) {
        liveCalls.delete(name)
        notedEvents.delete(name)
        endedCalls.set(name, call)
      } else liveCalls.set(name, call)
      return Promise.resolve()
    },
    overdueCalls(nowMs) {
      const overdue: Call[] = []
      for (const call of liveCalls.values()) if (call.deadlineMs <= nowMs) overdue.push(call)
      return Promise.resolve(overdue)
    },
    liveCallCount: () => Promise.resolve(liveCalls.size),
    noteEvent(tenantId, token, eventKey) {
      const name = key(tenantId, token)
      if (!liveCalls.has(name)) return Promise.resolve(true)
      let noted = notedEvents.get(name)
      if (!noted) notedEvents.set(name, (noted = new Set()))
      const isNew = !noted.has(eventKey)
      noted.add(eventKey)
      return Promise.resolve(isNew)
    },
    loadAnswer: (tenantId, name) => Promise.resolve(answers.get(key(tenantId, name))),
    saveAnswer(tenantId, name, answer) {
      answers.set(key(tenantId, name), answer)
      return Promise.resolve()
    },
    forgetGroup(tenantId, groupId) {
      if (tallies.delete(key(tenantId, groupId))) journal.deleteTally(tenantId, groupId)
      return Promise.resolve()
    },
    forgetTenant(tenantId) {
      const belongs = (name: string): boolean => name.startsWith(`${tenantId}\n`)
      for (const name of liveCalls.keys()) if (belongs(name)) liveCalls.delete(name)
      for (const name of notedEvents.keys()) if (belongs(name)) notedEvents.delete(name)
      for (const name of tallies.keys()) {
        if (!belongs(name)) continue
        tallies.delete(name)
        journal.deleteTally(tenantId, name.slice(tenantId.length + 1))
      }
      leases.delete(tenantId)
      endedCalls.deleteWhere(belongs)
      answers.deleteWhere(belongs)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
