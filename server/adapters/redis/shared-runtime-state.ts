import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../domain/calls/call.ts'
import type { OpenCircuit, RuntimeState } from '../../ports/runtime-state.ts'
import type { Log, NewId } from '../../ports/system.ts'
import type { NodeShares } from './node-shares.ts'
import type { Nodes } from './nodes.ts'
import { beginOutage, type Outage } from './outage.ts'
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

/** Methods that both have, and that mean the same. */
type Alike = {
  [M in keyof RuntimeState & keyof RemoteState]: RemoteState[M] extends RuntimeState[M] ? M : never
}[keyof RuntimeState & keyof RemoteState]

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

/** Another node may have gone on with a call. The last one counts of those that are as new as each other. */
const newest = (states: readonly (Call | undefined)[]): Call | undefined =>
  states.reduce((best, one) => (one && one.revision >= (best?.revision ?? -1) ? one : best), undefined)

const longestPauseMs = 16
const retryMs = 100
const followMs = 250

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

  const outageBegins = (): Outage =>
    beginOutage({ readInFlight: parts.inFlight, openLocal: parts.openLocal, place: nodes.place, log })

  /** Says why Redis is away, each time that it is for another reason; logs each but once. */
  const tellWhy = (error: unknown, lost: Outage): void => {
    if (isClosed) return
    const cause = client.fault() ?? error
    const reason = describeRedisFault(cause)
    const { isNews, isNew } = lost.because(reason)
    if (isNew) log.warn({ err: cause }, `${reason}; calls are answered from what this node knows`)
    if (isNews) parts.onLost(`${reason}; this node routes by itself and hands out its share of each cap`)
  }

  const lose = (error: unknown): void => {
    if (outage || isClosed) return
    for (const work of works.values()) work.isAlone = true
    nodes.goAlone()
    outage = outageBegins()
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

  /** What Redis and this node by itself do alike. */
  const likewise = <M extends Alike>(method: M): RuntimeState[M] => {
    type Asked = (...args: readonly unknown[]) => Promise<unknown>
    const ask = (...args: readonly unknown[]) =>
      either(
        () => (remote[method] as Asked)(...args),
        (state) => (state[method] as Asked)(...args),
      )
    return ask as RuntimeState[M]
  }

  const adopt = async (call: Call, answers: Saved['answers']): Promise<void> => {
    try {
      await remote.adopt(call, answers, parts.steadyMs())
    } catch (error) {
      if (!isRefusal(error)) throw error
      log.error({ err: error, tenantId: call.tenantId, callId: call.id }, 'Redis refuses a call; it goes on without it')
    }
  }

  const goAlone = async (lost: Outage): Promise<void> => {
    while (!isClosed && outage === lost) {
      await sleep(followMs, undefined, { ref: false })
      await lost
        .followOthers()
        .catch((error: unknown) => log.warn({ err: error }, 'It cannot be read which calls ended on other nodes'))
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
          () => lost.tell(adopt),
        )
        while (!lost.isAllTold()) await lost.tell(adopt)
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
    await outage?.keep(tenantId, { token, call, answers, events })
  }

  await nodes.enter(lose)
  outage = outageBegins()
  void goAlone(outage)
  const isBack = await Promise.race([
    comeBack(outage).then(() => true),
    sleep(nodes.longestMeetingMs, false, { ref: false }),
  ])
  if (!isBack && !outage.isExplained()) tellWhy(`no answer within ${nodes.longestMeetingMs} ms`, outage)

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
    endAttempt: likewise('endAttempt'),
    noteAnswer: likewise('noteAnswer'),
    circuits: likewise('circuits'),
    activeCalls: likewise('activeCalls'),
    groupState: likewise('groupState'),
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
        // The stored one last: what this node knows from before is not to undo what others wrote down.
        async (state) =>
          newest([work?.known, await state.loadCall(tenantId, token), await parts.find(tenantId, token)]),
      )
    },
    saveCall: async (call) => {
      const work = works.get(keyOf(call.tenantId, call.token))
      if (work) work.call = call
      else await end(call.tenantId, call.token, { ...emptyWork(), call })
    },
    overdueCalls: likewise('overdueCalls'),
    liveCallCount: likewise('liveCallCount'),
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
    loadAnswer: likewise('loadAnswer'),
    saveAnswer: async (tenantId, key, answer) => {
      const work = works.get(keyOf(tenantId, tokenOfAnswer(key)))
      if (work) work.answers.push({ key, answer })
      else await end(tenantId, tokenOfAnswer(key), { ...emptyWork(), answers: [{ key, answer }] })
    },
    freeOrphans: async () => (outage ? (await outage.local).state.freeOrphans() : remote.freeOrphans()),
    forgetCalls: likewise('forgetCalls'),
    forgetCallers: likewise('forgetCallers'),
    forgetAnswers: likewise('forgetAnswers'),
    forgetGroup: likewise('forgetGroup'),
    forgetCircuits: likewise('forgetCircuits'),
    forgetTenant: likewise('forgetTenant'),
    async close() {
      isClosed = true
      await nodes.leave()
      await client.close()
    },
  }
}

/** Keys of answers are kind, token and stage by line. */
const tokenOfAnswer = (key: string): string => key.split('\n')[1] ?? ''
