import type { Call } from '../../domain/calls/call.ts'
import { chooseTrunk, type TrunkChoice } from '../../domain/routing/choose-trunk.ts'
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
import type {
  CircuitChange,
  CircuitStanding,
  CircuitSubject,
  EndedAttempt,
  OpenCircuit,
  RuntimeJournal,
  RuntimeState,
  Selection,
  SelectionRequest,
  TrunkRequest,
} from '../../ports/runtime-state.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { createBoundedMap } from './bounded-map.ts'
import { createCircuits, type Circuits } from './circuits.ts'
import { createKeyedLock } from './keyed-lock.ts'
import { createLeases, type Leases } from './leases.ts'

// Older ones are read from the durable store.
const rememberedEndedCalls = 5000
const rememberedAnswers = 20_000
const rememberedCallers = 50_000

/** What is held and known for one tenant. */
interface TenantState {
  readonly agents: Leases
  readonly providers: Leases
  readonly trunks: Leases
  readonly circuits: Circuits
}

const agent = (id: string): CircuitSubject => ({ kind: 'agent', id })
const providerOf = (id: string): CircuitSubject => ({ kind: 'provider', id })

/**
 * Runtime state of one process: in memory, its tallies journalled so that they outlive a `kill -9`. Slots and live calls
 * are rebuilt from `inFlight`, the calls that the durable store has as not ended.
 */
export const createEmbeddedRuntimeState = async (
  journal: RuntimeJournal,
  inFlight: readonly Call[],
  openCircuits: readonly OpenCircuit[] = [],
): Promise<RuntimeState> => {
  const tallies = new Map<string, GroupTally>()
  // By tenant, so that counting the calls of a group's members composes no keys.
  const tenants = new Map<string, TenantState>()
  const liveCalls = new Map<string, Call>()
  const notedEvents = new Map<string, Set<string>>()
  const endedCalls = createBoundedMap<Call>(rememberedEndedCalls)
  const answers = createBoundedMap<{ readonly status: number; readonly body: string }>(rememberedAnswers)
  const lastAgents = createBoundedMap<{ readonly agentId: string; readonly atMs: number }>(rememberedCallers)
  const lock = createKeyedLock()
  /** Tokens that somebody works on, with the events noted by it. */
  const underWork = new Map<string, string[]>()
  const key = (owner: string, name: string): string => `${owner}\n${name}`

  const stateOf = (tenantId: string): TenantState => {
    let state = tenants.get(tenantId)
    if (!state) {
      state = { agents: createLeases(), providers: createLeases(), trunks: createLeases(), circuits: createCircuits() }
      tenants.set(tenantId, state)
    }
    return state
  }

  for (const { tenantId, groupId, tally } of await journal.load()) tallies.set(key(tenantId, groupId), tally)
  for (const call of inFlight) {
    liveCalls.set(key(call.tenantId, call.token), call)
    const { agents, providers, trunks } = stateOf(call.tenantId)
    for (const { n, agentId, provider, trunkId, endedAtMs, leaseUntilMs } of call.attempts) {
      if (endedAtMs !== undefined) continue
      const leaseKey = key(call.token, String(n))
      if (agentId !== undefined) agents.hold(agentId, leaseKey, leaseUntilMs, 0)
      if (agentId !== undefined && provider !== undefined) providers.hold(provider, leaseKey, leaseUntilMs, 0)
      if (trunkId !== undefined) trunks.hold(trunkId, leaseKey, leaseUntilMs, 0)
    }
  }
  for (const open of openCircuits) stateOf(open.tenantId).circuits.restore(open.subject, open)

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

  const select = (request: SelectionRequest): Selection => {
    const { tenantId, group, members, isFirstChoice, leaseKey, leaseMs, nowMs, sticky, dryRun = false } = request
    const { agents, providers, circuits } = stateOf(tenantId)
    const windowMs = group && strategies[group.strategy].usesWindow ? group.windowMs : undefined
    const tally = tallyFor(tenantId, group, dryRun)
    const isWhollyChanged = expire(tally, windowMs, nowMs)
    const callerKey = sticky && group ? `${tenantId}\n${group.id}\n${sticky.caller}` : undefined
    const last = callerKey === undefined ? undefined : lastAgents.get(callerKey)
    const { chosen, isSticky, contenders, verdicts } = selectMember(group?.strategy ?? 'priority', tally, members, {
      nowMs,
      chance: request.chance,
      activeCallsOf: (agentId) => agents.count(agentId, nowMs),
      callsOfProvider: (provider) => providers.count(provider, nowMs),
      limitOfProvider: (provider) => request.providerLimits[provider],
      circuitOf: (agentId) => circuits.at(agent(agentId), nowMs),
      circuitOfProvider: (provider) => circuits.at(providerOf(provider), nowMs),
      stickyAgentId: sticky && last && nowMs - last.atMs < sticky.ms ? last.agentId : undefined,
    })
    if (dryRun) return { agentId: chosen?.agentId, verdicts, changes: [] }
    if (group && isWhollyChanged) journal.saveTally(tenantId, group.id, tally, undefined)
    if (!chosen) return { agentId: undefined, verdicts, changes: [] }
    const { agentId, provider } = chosen
    agents.hold(agentId, leaseKey, nowMs + leaseMs, nowMs)
    providers.hold(provider, leaseKey, nowMs + leaseMs, nowMs)
    if (callerKey !== undefined) lastAgents.set(callerKey, { agentId, atMs: nowMs })
    if (group && isFirstChoice && !isSticky) {
      const isNewEpoch = countFirstChoice(tally, contenders, agentId, windowMs, nowMs)
      journal.saveTally(tenantId, group.id, tally, isWhollyChanged || isNewEpoch ? undefined : agentId)
    }
    const untilMs = nowMs + request.trialMs
    const changes = chosen.ignoresCircuit
      ? []
      : [
          ...circuits.begin(agent(agentId), leaseKey, untilMs, nowMs),
          ...circuits.begin(providerOf(provider), leaseKey, untilMs, nowMs),
        ]
    return { agentId, verdicts, changes }
  }

  const selectTrunk = ({ tenantId, trunks, leaseKey, leaseMs, nowMs, dryRun = false }: TrunkRequest): TrunkChoice => {
    const held = stateOf(tenantId).trunks
    const choice = chooseTrunk(trunks, (id) => held.count(id, nowMs))
    if (choice.trunkId !== undefined && !dryRun) held.hold(choice.trunkId, leaseKey, nowMs + leaseMs, nowMs)
    return choice
  }

  const release = (tenantId: string, agentId: string, provider: string, leaseKey: string): boolean => {
    const { agents, providers } = stateOf(tenantId)
    providers.release(provider, leaseKey)
    return agents.release(agentId, leaseKey)
  }

  const endAttempt = (ended: EndedAttempt): readonly CircuitChange[] => {
    const { tenantId, agentId, provider, leaseKey } = ended
    release(tenantId, agentId, provider, leaseKey)
    const { circuits } = stateOf(tenantId)
    return [...circuits.end(agent(agentId), ended), ...circuits.end(providerOf(provider), ended)]
  }

  const freeOrphans = (): number => {
    let freed = 0
    for (const [tenantId, { agents, providers, trunks }] of tenants) {
      const isOver =
        (holder: 'agentId' | 'provider' | 'trunkId') =>
        (id: string, leaseKey: string): boolean => {
          const [token = '', n] = leaseKey.split('\n')
          if (underWork.has(key(tenantId, token))) return false
          const attempt = liveCalls.get(key(tenantId, token))?.attempts.find((one) => String(one.n) === n)
          return attempt?.[holder] !== id || attempt.endedAtMs !== undefined
        }
      freed += agents.releaseWhere(isOver('agentId'))
      freed += providers.releaseWhere(isOver('provider'))
      freed += trunks.releaseWhere(isOver('trunkId'))
    }
    return freed
  }

  return {
    select: (request) => Promise.resolve(select(request)),
    selectTrunk: (request) => Promise.resolve(selectTrunk(request)),
    release: (tenantId, agentId, provider, leaseKey) => Promise.resolve(release(tenantId, agentId, provider, leaseKey)),
    releaseTrunk: (tenantId, trunkId, leaseKey) => Promise.resolve(stateOf(tenantId).trunks.release(trunkId, leaseKey)),
    endAttempt: (ended) => Promise.resolve(endAttempt(ended)),
    noteAnswer(tenantId, agentId, provider, leaseKey, nowMs) {
      const { circuits } = stateOf(tenantId)
      circuits.answer(agent(agentId), leaseKey, nowMs)
      circuits.answer(providerOf(provider), leaseKey, nowMs)
      return Promise.resolve()
    },
    circuits(tenantId, subjects, nowMs) {
      const { circuits } = stateOf(tenantId)
      const standings = subjects.map((subject) => circuits.standing(subject, nowMs))
      return Promise.resolve(standings.filter((standing): standing is CircuitStanding => standing !== undefined))
    },
    activeCalls: (tenantId, agentIds, nowMs) => {
      const { agents } = stateOf(tenantId)
      return Promise.resolve(new Map(agentIds.map((agentId) => [agentId, agents.count(agentId, nowMs)])))
    },
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
    exclusively: (tenantId, token, work) =>
      lock(key(tenantId, token), async () => {
        const name = key(tenantId, token)
        underWork.set(name, [])
        try {
          return await work()
        } catch (error) {
          // What was not handled is not remembered: it comes again.
          for (const event of underWork.get(name) ?? []) notedEvents.get(name)?.delete(event)
          throw error
        } finally {
          underWork.delete(name)
        }
      }),
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
      if (isNew) underWork.get(name)?.push(eventKey)
      return Promise.resolve(isNew)
    },
    loadAnswer: (tenantId, name) => Promise.resolve(answers.get(key(tenantId, name))),
    saveAnswer(tenantId, name, answer) {
      answers.set(key(tenantId, name), answer)
      return Promise.resolve()
    },
    forgetCalls(tenantId, tokens) {
      for (const token of tokens) endedCalls.delete(key(tenantId, token))
      return Promise.resolve()
    },
    forgetCallers(tenantId, isMeant) {
      lastAgents.deleteWhere((name) => {
        const [owner, , ...caller] = name.split('\n')
        return owner === tenantId && isMeant(caller.join('\n'))
      })
      return Promise.resolve()
    },
    forgetAnswers(tenantId) {
      answers.deleteWhere((name) => name.startsWith(`${tenantId}\n`))
      return Promise.resolve()
    },
    freeOrphans: () => Promise.resolve(freeOrphans()),
    forgetGroup(tenantId, groupId) {
      if (tallies.delete(key(tenantId, groupId))) journal.deleteTally(tenantId, groupId)
      lastAgents.deleteWhere((name) => name.startsWith(`${tenantId}\n${groupId}\n`))
      return Promise.resolve()
    },
    forgetCircuits(tenantId, subjects) {
      for (const subject of subjects) stateOf(tenantId).circuits.forget(subject)
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
      tenants.delete(tenantId)
      lastAgents.deleteWhere(belongs)
      endedCalls.deleteWhere(belongs)
      answers.deleteWhere(belongs)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
