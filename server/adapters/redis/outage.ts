import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../domain/calls/call.ts'
import type { RuntimeState } from '../../ports/runtime-state.ts'
import type { Log } from '../../ports/system.ts'
import { createNodeShares, type NodeShares, type Place } from './node-shares.ts'
import type { Saved } from './remote-state.ts'

/** Others may write down in this time what they decided before they noticed. */
const settleMs = 20

/** What a node goes by without Redis. */
export interface LocalState {
  readonly state: RuntimeState
  readonly shares: NodeShares
}

/** The time that a node routes by itself because Redis is away. */
export interface Outage {
  readonly local: Promise<LocalState>
  /** Keeps what came of the work on a token: in the local state now, and for Redis when it is back. */
  keep(tenantId: string, { call, answers, events }: Saved & { readonly token: string }): Promise<void>
  /** Tells what Redis does not know yet, newest state by call. Rejects when it cannot be told; it is kept then. */
  tell(adopt: (call: Call, answers: Saved['answers']) => Promise<void>): Promise<void>
  isAllTold(): boolean
  /** Gives back the slots of this node's calls that ended on other nodes, as the durable store says. */
  followOthers(): Promise<void>
  /** Why Redis is away is this now: `isNews` when it was something else before, `isNew` when it was never this before. */
  because(reason: string): { readonly isNews: boolean; readonly isNew: boolean }
  isExplained(): boolean
}

const nameOf = ({ tenantId, token }: Call): string => `${tenantId}\n${token}`

export const beginOutage = ({
  readInFlight,
  openLocal,
  place,
  log,
}: {
  /** The calls that the durable store has as going on. */
  readonly readInFlight: () => Promise<readonly Call[]>
  readonly openLocal: (inFlight: readonly Call[]) => Promise<RuntimeState>
  readonly place: () => Place
  readonly log: Log
}): Outage => {
  /** What this node did for calls since then. */
  const moved = new Map<string, Call>()
  /** States of calls that are old enough to have been written down. */
  const settled = new WeakSet<Call>()
  const untold = new Map<string, { readonly call: Call; readonly answers: Saved['answers'] }>()
  /** As they were told, newest last. */
  const reasons = new Set<string>()

  const open = async (): Promise<LocalState> => {
    await sleep(settleMs)
    const inFlight = await readInFlight().catch((error: unknown) => {
      log.error({ err: error }, 'The calls in flight cannot be read; their slots are not known while Redis is away')
      return []
    })
    const shares = createNodeShares(inFlight, place)
    return { state: await openLocal(shares.own), shares }
  }
  const local = open()
  local.catch(() => undefined)

  const giveBackSlots = async (state: RuntimeState, { tenantId, token, attempts }: Call): Promise<void> => {
    for (const { agentId, provider = '', trunkId, n } of attempts) {
      const leaseKey = `${token}\n${n}`
      if (agentId !== undefined) await state.release(tenantId, agentId, provider, leaseKey)
      if (trunkId !== undefined) await state.releaseTrunk(tenantId, trunkId, leaseKey)
    }
  }

  return {
    local,
    async keep(tenantId, { token, call, answers, events = [] }) {
      if (call) {
        moved.set(nameOf(call), call)
        untold.set(nameOf(call), { call, answers: [...(untold.get(nameOf(call))?.answers ?? []), ...answers] })
      }
      const { state } = await local
      if (call) await state.saveCall(call)
      for (const { key, answer } of answers) await state.saveAnswer(tenantId, key, answer)
      for (const event of events) await state.noteEvent(tenantId, token, event)
    },
    async tell(adopt) {
      for (const [name, told] of untold) {
        await adopt(told.call, told.answers)
        if (untold.get(name) === told) untold.delete(name)
      }
    },
    isAllTold: () => untold.size === 0,
    async followOthers() {
      const { state, shares } = await local
      const known = new Map([...shares.own.map((call) => [nameOf(call), call] as const), ...moved])
      const live = new Set((await readInFlight()).map(nameOf))
      for (const [name, call] of known) {
        const isSettled = settled.has(call)
        settled.add(call)
        if (live.has(name) || (moved.has(name) && (moved.get(name) !== call || !isSettled))) continue
        await giveBackSlots(state, call)
        moved.delete(name)
      }
    },
    because(reason) {
      const isNews = [...reasons].at(-1) !== reason
      const isNew = !reasons.delete(reason)
      reasons.add(reason)
      return { isNews, isNew }
    },
    isExplained: () => reasons.size > 0,
  }
}
