import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../domain/calls/call.ts'
import type { OpenCircuit, RuntimeState } from '../../ports/runtime-state.ts'
import type { Log, NewId } from '../../ports/system.ts'
import { createNodeShares, type NodeShares } from './node-shares.ts'
import type { Nodes } from './nodes.ts'
import { describeRedisFault, isRefusal } from './redis-faults.ts'
import type { RedisClient } from './redis-client.ts'
import type { RemoteState, Saved } from './remote-state.ts'

export interface SharedStateParts {
  readonly client: RedisClient
  readonly remote: RemoteState
  readonly nodes: Nodes
  /** One piece of work at a time per key, within this process. */
  readonly lock: <T>(key: string, work: () => Promise<T>) => Promise<T>
  /** The calls that the durable store has as going on. */
  readonly inFlight: () => Promise<readonly Call[]>
  readonly find: (tenantId: string, token: string) => Promise<Call | undefined>
  /** What a node goes by without Redis, from those calls. */
  readonly openLocal: (inFlight: readonly Call[]) => Promise<RuntimeState>
  /** The circuits that the durable store has as open. */
  readonly openCircuits: (inFlight: readonly Call[]) => Promise<readonly OpenCircuit[]>
  readonly newId: NewId
  readonly log: Log
  readonly onLost: (reason: string) => void
  readonly onBack: () => void
  readonly steadyMs: () => number
}

/** While Redis is away. */
interface Outage {
  readonly local: Promise<{ readonly state: RuntimeState; readonly shares: NodeShares }>
  /** What this node did for calls since then. */
  readonly moved: Map<string, Call>
  /** States of calls that are old enough to have been written down. */
  readonly settled: WeakSet<Call>
  /** What of it Redis does not know yet, newest state by call. */
  readonly unknown: Map<string, { readonly call: Call; readonly answers: Saved['answers'] }>
  /** Why, as it was told, newest last. */
  readonly reasons: Set<string>
}

/** Work on a token under way. `owner` is missing where the token could not be locked against other nodes. */
interface Work {
  readonly owner: string | undefined
  /** Part of it was done without Redis, which may not know its slots. */
  isAlone: boolean
  readonly known: Call | undefined
  call: Call | undefined
  answers: Saved['answers'][number][]
  /** Events handled by it, not remembered yet. */
  events: string[]
}

const emptyWork = (): Work => ({
  owner: undefined,
  isAlone: true,
  known: undefined,
  call: undefined,
  answers: [],
  events: [],
})

/** Another node may have gone on with a call. */
const newest = (states: readonly (Call | undefined)[]): Call | undefined =>
  states.reduce((best, one) => (one && one.revision > (best?.revision ?? -1) ? one : best), undefined)

const longestPauseMs = 16
const retryMs = 100
const followMs = 250
/** Others may write down in this time what they decided before they noticed. */
const settleMs = 20

const keyOf = (tenantId: string, token: string): string => `${tenantId}\n${token}`

/**
 * Runtime state that several nodes share through Redis, and that a node keeps to itself while Redis is away: it then goes by
 * the calls in flight of the durable store and hands out its share of each cap. What went on meanwhile is told to Redis when
 * it is back.
 */
export const createSharedRuntimeState = async (parts: SharedStateParts): Promise<RuntimeState> => {
  const { client, remote, nodes, log, newId } = parts
  const works = new Map<string, Work>()
  let outage: Outage | undefined
  let isClosed = false

  const beginOutage = (): Outage => {
    const openLocal = async () => {
      await sleep(settleMs)
      const inFlight = await parts.inFlight().catch((error: unknown) => {
        log.error({ err: error }, 'The calls in flight cannot be read; their slots are not known while Redis is away')
        return []
      })
      const shares = createNodeShares(inFlight, nodes.place)
      return { state: await parts.openLocal(shares.own), shares }
    }
    const local = openLocal()
    local.catch(() => undefined)
    return { local, moved: new Map(), settled: new WeakSet(), unknown: new Map(), reasons: new Set() }
  }

  /** Says why Redis is away, each time that it is for another reason; logs each but once. */
  const tellWhy = (error: unknown, { reasons }: Outage): void => {
    const cause = client.fault() ?? error
    const reason = describeRedisFault(cause)
    if (isClosed || [...reasons].at(-1) === reason) return
    if (!reasons.delete(reason)) log.warn({ err: cause }, `${reason}; calls are answered from what this node knows`)
    reasons.add(reason)
    parts.onLost(`${reason}; this node routes by itself and hands out its share of each cap`)
  }

  const lose = (error: unknown): void => {
    if (outage || isClosed) return
    for (const work of works.values()) work.isAlone = true
    nodes.goAlone()
    outage = beginOutage()
    tellWhy(error, outage)
    void comeBackLater(outage)
    void goAlone(outage)
  }

  /** By Redis, or without it where it is away. What Redis refuses is the fault of who asks. */
  const either = async <T>(
    shared: () => Promise<T>,
    alone: (state: RuntimeState, shares: NodeShares) => Promise<T>,
  ): Promise<T> => {
    if (!outage) {
      try {
        return await shared()
      } catch (error) {
        if (isClosed || isRefusal(error)) throw error
        lose(error)
      }
    }
    const { state, shares } = await (outage as Outage).local
    return alone(state, shares)
  }

  const keepAlone = async (call: Call | undefined, answers: Saved['answers'], tenantId: string): Promise<void> => {
    if (!outage) return
    const { local, moved, unknown } = outage
    if (call) {
      const key = keyOf(call.tenantId, call.token)
      moved.set(key, call)
      unknown.set(key, { call, answers: [...(unknown.get(key)?.answers ?? []), ...answers] })
    }
    const { state } = await local
    if (call) await state.saveCall(call)
    for (const { key, answer } of answers) await state.saveAnswer(tenantId, key, answer)
  }

  const adopt = async (call: Call, answers: Saved['answers']): Promise<void> => {
    try {
      await remote.adopt(call, answers, parts.steadyMs())
    } catch (error) {
      if (!isRefusal(error)) throw error
      log.error({ err: error, tenantId: call.tenantId, callId: call.id }, 'Redis refuses a call; it goes on without it')
    }
  }

  const tellUnknown = async ({ unknown }: Outage): Promise<void> => {
    for (const [key, told] of unknown) {
      await adopt(told.call, told.answers)
      if (unknown.get(key) === told) unknown.delete(key)
    }
  }

  /** Gives back the slots of this node's calls that ended on other nodes, as the durable store says. */
  const followOthers = async ({ local, moved, settled }: Outage): Promise<void> => {
    const { state, shares } = await local
    const known = new Map([...shares.own.map((call) => [keyOf(call.tenantId, call.token), call] as const), ...moved])
    const live = new Set((await parts.inFlight()).map(({ tenantId, token }) => keyOf(tenantId, token)))
    for (const [key, call] of known) {
      const isSettled = settled.has(call)
      settled.add(call)
      if (live.has(key) || (moved.has(key) && (moved.get(key) !== call || !isSettled))) continue
      for (const { agentId, provider = '', trunkId, n } of call.attempts) {
        const leaseKey = `${call.token}\n${n}`
        if (agentId !== undefined) await state.release(call.tenantId, agentId, provider, leaseKey)
        if (trunkId !== undefined) await state.releaseTrunk(call.tenantId, trunkId, leaseKey)
      }
      moved.delete(key)
    }
  }

  const goAlone = async (lost: Outage): Promise<void> => {
    while (!isClosed && outage === lost) {
      await sleep(followMs, undefined, { ref: false })
      await followOthers(lost).catch((error: unknown) =>
        log.warn({ err: error }, 'It cannot be read which calls ended on other nodes'),
      )
    }
  }

  const comeBack = async (lost: Outage): Promise<void> => {
    while (!isClosed && outage === lost) {
      try {
        remote.beginAnew()
        await nodes.meet(
          async () => {
            const inFlight = await parts.inFlight()
            for (const call of inFlight) await adopt(call, [])
            for (const circuit of await parts.openCircuits(inFlight)) await remote.restoreCircuit(circuit)
          },
          () => tellUnknown(lost),
        )
        while (lost.unknown.size > 0) await tellUnknown(lost)
        outage = undefined
        parts.onBack()
      } catch (error) {
        tellWhy(error, lost)
        await sleep(retryMs, undefined, { ref: false })
      }
    }
  }

  /** What takes turns at being there and not would be told with every call. */
  const comeBackLater = async (lost: Outage): Promise<void> => {
    await sleep(retryMs, undefined, { ref: false })
    await comeBack(lost)
  }

  /** Waits until nobody else works on the token, on any node. */
  const begin = async (tenantId: string, token: string): Promise<Work> => {
    const owner = newId()
    for (let pauseMs = 1; !outage; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      try {
        const acquired = await remote.acquire(tenantId, token, owner)
        if (acquired.isMine) return { ...emptyWork(), owner, isAlone: false, known: acquired.call }
      } catch (error) {
        if (isRefusal(error)) throw error
        lose(error)
        break
      }
      await sleep(pauseMs * (0.5 + Math.random()))
    }
    return emptyWork()
  }

  const end = async (tenantId: string, token: string, work: Work): Promise<void> => {
    const { owner, isAlone, call, answers, events } = work
    if (!outage) {
      try {
        if (isAlone && call) await remote.adoptSoon(call, answers, parts.steadyMs())
        await remote.save(tenantId, token, owner, isAlone && call ? { answers: [], events } : { call, answers, events })
        return
      } catch (error) {
        if (isRefusal(error)) {
          await remote.save(tenantId, token, owner, { answers: [] }).catch(lose)
          throw error
        }
        lose(error)
      }
    }
    await keepAlone(call, answers, tenantId)
    const alone = await outage?.local
    for (const event of events) await alone?.state.noteEvent(tenantId, token, event)
  }

  await nodes.enter(lose)
  outage = beginOutage()
  void goAlone(outage)
  const isBack = await Promise.race([
    comeBack(outage).then(() => true),
    sleep(nodes.longestMeetingMs, false, { ref: false }),
  ])
  if (!isBack && outage.reasons.size === 0) tellWhy(`no answer within ${nodes.longestMeetingMs} ms`, outage)

  return {
    select: (request) =>
      either(
        () => remote.select(request),
        (state, shares) => state.select(shares.ofMembers(request)),
      ),
    selectTrunk: (request) =>
      either(
        () => remote.selectTrunk(request),
        (state, shares) => state.selectTrunk(shares.ofTrunks(request)),
      ),
    release: (tenantId, agentId, provider, leaseKey) =>
      either(
        () => remote.release({ agent: agentId, provider }, tenantId, leaseKey),
        (state) => state.release(tenantId, agentId, provider, leaseKey),
      ),
    releaseTrunk: (tenantId, trunkId, leaseKey) =>
      either(
        () => remote.release({ trunk: trunkId }, tenantId, leaseKey),
        (state) => state.releaseTrunk(tenantId, trunkId, leaseKey),
      ),
    endAttempt: (ended) =>
      either(
        () => remote.endAttempt(ended),
        (state) => state.endAttempt(ended),
      ),
    noteAnswer: (tenantId, agentId, provider, leaseKey, nowMs) =>
      either(
        () => remote.noteAnswer(tenantId, agentId, provider, leaseKey, nowMs),
        (state) => state.noteAnswer(tenantId, agentId, provider, leaseKey, nowMs),
      ),
    circuits: (tenantId, subjects, nowMs) =>
      either(
        () => remote.circuits(tenantId, subjects, nowMs),
        (state) => state.circuits(tenantId, subjects, nowMs),
      ),
    activeCalls: (tenantId, agentIds, nowMs) =>
      either(
        () => remote.activeCalls(tenantId, agentIds, nowMs),
        (state) => state.activeCalls(tenantId, agentIds, nowMs),
      ),
    groupState: (tenantId, groupId, windowMs, nowMs) =>
      either(
        () => remote.groupState(tenantId, groupId, windowMs, nowMs),
        (state) => state.groupState(tenantId, groupId, windowMs, nowMs),
      ),
    exclusively: (tenantId, token, work) =>
      parts.lock(keyOf(tenantId, token), async () => {
        const key = keyOf(tenantId, token)
        const underWay = await begin(tenantId, token)
        works.set(key, underWay)
        try {
          return await work()
        } catch (error) {
          // What was not handled is not remembered: it comes again.
          underWay.events = []
          throw error
        } finally {
          works.delete(key)
          await end(tenantId, token, underWay)
        }
      }),
    loadCall: async (tenantId, token) => {
      const work = works.get(keyOf(tenantId, token))
      if (work?.call) return work.call
      if (work && !work.isAlone) return work.known
      return either(
        () => remote.loadCall(tenantId, token),
        async (state) =>
          newest([work?.known, await state.loadCall(tenantId, token), await parts.find(tenantId, token)]),
      )
    },
    saveCall: async (call) => {
      const work = works.get(keyOf(call.tenantId, call.token))
      if (work) work.call = call
      else await end(call.tenantId, call.token, { ...emptyWork(), call })
    },
    overdueCalls: (nowMs) =>
      either(
        () => remote.overdueCalls(nowMs),
        (state) => state.overdueCalls(nowMs),
      ),
    liveCallCount: () =>
      either(
        () => remote.liveCallCount(),
        (state) => state.liveCallCount(),
      ),
    noteEvent: (tenantId, token, eventKey) =>
      either(
        async () => {
          const work = works.get(keyOf(tenantId, token))
          if (work?.events.includes(eventKey) || (await remote.isNoted(tenantId, token, eventKey))) return false
          if (work) work.events.push(eventKey)
          else await end(tenantId, token, { ...emptyWork(), events: [eventKey] })
          return true
        },
        (state) => state.noteEvent(tenantId, token, eventKey),
      ),
    loadAnswer: (tenantId, key) =>
      either(
        () => remote.loadAnswer(tenantId, key),
        (state) => state.loadAnswer(tenantId, key),
      ),
    saveAnswer: async (tenantId, key, answer) => {
      const work = works.get(keyOf(tenantId, tokenOfAnswer(key)))
      if (work) work.answers.push({ key, answer })
      else await end(tenantId, tokenOfAnswer(key), { ...emptyWork(), answers: [{ key, answer }] })
    },
    freeOrphans: async () => (outage ? (await outage.local).state.freeOrphans() : remote.freeOrphans()),
    forgetAnswers: (tenantId) =>
      either(
        () => remote.forgetAnswers(tenantId),
        (state) => state.forgetAnswers(tenantId),
      ),
    forgetGroup: (tenantId, groupId) =>
      either(
        () => remote.forgetGroup(tenantId, groupId),
        (state) => state.forgetGroup(tenantId, groupId),
      ),
    forgetCircuits: (tenantId, subjects) =>
      either(
        () => remote.forgetCircuits(tenantId, subjects),
        (state) => state.forgetCircuits(tenantId, subjects),
      ),
    forgetTenant: (tenantId) =>
      either(
        () => remote.forgetTenant(tenantId),
        (state) => state.forgetTenant(tenantId),
      ),
    async close() {
      isClosed = true
      await nodes.leave()
      await client.close()
    },
  }
}

/** Keys of answers are kind, token and stage by line. */
const tokenOfAnswer = (key: string): string => key.split('\n')[1] ?? ''
