import type { Call } from '../domain/calls/call.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallLog, CallStore, UnitOfWork } from '../ports/call-store.ts'
import type { Clock, Log } from '../ports/system.ts'
import { createSeldom } from './seldom.ts'

interface Unsaved {
  readonly unit: UnitOfWork
  /** How often the store refused it although it took others. */
  readonly refusals: number
  /** Otherwise only the state of its call is left. */
  readonly isWhole: boolean
}

/** A call log that does not forget what it could not store. */
export interface RememberingCallLog extends CallLog {
  /** Tries to store everything that failed before. */
  retry(): Promise<void>
  /** Units that could not be stored so far. */
  unsaved(): number
  /** The newest state of a call among them. */
  newest(tenantId: string, token: string): Call | undefined
  /** The newest state of each of a tenant's calls among them. */
  newestOf(tenantId: string): readonly Call[]
  /** Resolves when everything appended so far is stored or was refused, and after a second in any case. */
  settled(): Promise<void>
}

const mostRefusals = 20
/** Whole ones weigh some kilobytes, calls alone some hundred bytes. */
const mostKept = { units: 20_000, calls: 200_000 }
const retriedAtOnce = 500
const longestWaitMs = 1000
const tellEveryMs = 10_000

const keyOf = (tenantId: string, token: string): string => `${tenantId}\n${token}`

/** Something is wrong with this one; a store that is out of order says UNAVAILABLE, or nothing that we know. */
const isRefusal = (error: unknown): boolean => error instanceof DomainError && error.code !== 'UNAVAILABLE'

const newer = (one: Call | undefined, other: Call | undefined): Call | undefined =>
  one && other ? (other.revision > one.revision ? other : one) : (one ?? other)

const newestAmong = (units: readonly Unsaved[]): Call | undefined =>
  units.reduce<Call | undefined>((call, { unit }) => newer(call, unit.call), undefined)

/**
 * By the time the store refuses a unit its call has moved on in memory. So the unit is kept, and goes in again before the
 * next one of the same call: an answer that says "stored" then speaks for everything before it too, also when it is the
 * answer to the same webhook sent again. Where there is no room for whole units, the newest state of their calls is kept.
 */
export const rememberUnsaved = (
  callLog: CallLog,
  log: Log,
  clock: Pick<Clock, 'nowMs'>,
  most = mostKept,
): RememberingCallLog => {
  const waiting = new Map<string, Unsaved[]>()
  const underWay = new Set<Promise<void>>()
  const kept = { units: 0, calls: 0 }
  const tell = createSeldom(clock, tellEveryMs)

  const put = (key: string, unsaved: Unsaved): void => {
    kept[unsaved.isWhole ? 'units' : 'calls'] += 1
    const before = waiting.get(key)
    if (before) before.push(unsaved)
    else waiting.set(key, [unsaved])
  }

  const giveUp = ({ tenantId }: UnitOfWork, what: string): void =>
    tell((times) => log.error({ tenantId, times }, `${what} was given up: it could not be stored`))

  /** One per call: the newest has everything that the others have. */
  const putCall = (key: string, { tenantId }: UnitOfWork, call: Call, refusals: number): void => {
    const before = waiting.get(key) ?? []
    const at = before.findIndex(({ isWhole }) => !isWhole)
    const there = before[at]?.unit.call
    if (there && there.revision >= call.revision) return
    const unsaved = { unit: { tenantId, call, attempts: call.attempts }, refusals, isWhole: false }
    if (there) before[at] = unsaved
    else if (kept.calls < most.calls) put(key, unsaved)
    else giveUp(unsaved.unit, 'The record of a call')
  }

  const keep = (key: string, { unit, refusals, isWhole }: Unsaved): void => {
    const isHopeless = refusals >= mostRefusals
    if (isWhole && !isHopeless && kept.units < most.units) {
      put(key, { unit: unit.isRepeated ? unit : { ...unit, isRepeated: true }, refusals, isWhole })
      return
    }
    if (isWhole) giveUp(unit, 'A webhook')
    else if (isHopeless) return giveUp(unit, 'The record of a call')
    if (unit.call) putCall(key, unit, unit.call, isWhole ? 0 : refusals)
  }

  const store = async (key: string | undefined, unsaved: Unsaved, durability: 'written' | 'synced'): Promise<void> => {
    const stored = callLog.append(unsaved.unit, durability)
    underWay.add(stored)
    try {
      await stored
    } catch (error) {
      const refusals = unsaved.refusals + (isRefusal(error) ? 1 : 0)
      if (key !== undefined) keep(key, { ...unsaved, refusals })
      throw error
    } finally {
      underWay.delete(stored)
    }
  }

  const take = (key: string): Unsaved[] => {
    const taken = waiting.get(key) ?? []
    waiting.delete(key)
    for (const { isWhole } of taken) kept[isWhole ? 'units' : 'calls'] -= 1
    return taken
  }

  return {
    append(unit, durability) {
      const token = unit.call?.token ?? unit.webhookEvent?.token
      const key = token === undefined ? undefined : keyOf(unit.tenantId, token)
      const before = waiting.size > 0 && key !== undefined ? take(key) : []
      const unsaved = { unit, refusals: 0, isWhole: true }
      if (before.length === 0) return store(key, unsaved, durability)
      return Promise.all([...before, unsaved].map((one) => store(key, one, durability))).then(() => undefined)
    },
    backlog: () => callLog.backlog(),
    async retry() {
      const keys = [...waiting.keys()]
      // One call first: while the store is out of order, all of them would be in the way of what comes in.
      for (let from = 0, count = 1; from < keys.length; from += count, count = retriedAtOnce) {
        const some = keys.slice(from, from + count)
        const tries = some.flatMap((key) => take(key).map((unsaved) => store(key, unsaved, 'synced')))
        const results = await Promise.allSettled(tries)
        if (results.some((one) => one.status === 'rejected' && !isRefusal(one.reason))) return
      }
    },
    unsaved: () => kept.units + kept.calls,
    newest: (tenantId, token) => newestAmong(waiting.get(keyOf(tenantId, token)) ?? []),
    newestOf: (tenantId) =>
      [...waiting].flatMap(([key, units]) => (key.startsWith(keyOf(tenantId, '')) ? (newestAmong(units) ?? []) : [])),
    async settled() {
      if (underWay.size === 0) return
      let timer: NodeJS.Timeout | undefined
      const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, longestWaitMs)))
      await Promise.race([Promise.allSettled(underWay), over])
      clearTimeout(timer)
    },
  }
}

/** Who goes on with a call takes it up where it stands, stored or not. */
export const readUnsaved = (calls: CallStore, callLog: Pick<RememberingCallLog, 'newest'>): CallStore => ({
  ...calls,
  async find(tenantId, token) {
    const unsaved = callLog.newest(tenantId, token)
    const stored = await calls.find(tenantId, token)
    // Units may have failed while the store was asked.
    return newer(newer(stored, unsaved), callLog.newest(tenantId, token))
  },
})
