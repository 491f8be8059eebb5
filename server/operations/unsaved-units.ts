import type { CallLog, UnitOfWork } from '../ports/call-store.ts'
import type { Log } from '../ports/system.ts'

interface Unsaved {
  readonly unit: UnitOfWork
  readonly tries: number
}

/** A call log that does not forget what it could not store. */
export interface RememberingCallLog extends CallLog {
  /** Tries to store everything that failed before. */
  retry(): Promise<void>
  /** Units that could not be stored so far. */
  unsaved(): number
}

const mostTries = 20
const mostKept = 20_000

/**
 * By the time the store refuses a unit its call has moved on in memory. So the unit is kept, and goes in again before the
 * next one of the same call: an answer that says "stored" then speaks for everything before it too, also when it is the
 * answer to the same webhook sent again.
 */
export const rememberUnsaved = (callLog: CallLog, log: Log): RememberingCallLog => {
  const waiting = new Map<string, Unsaved[]>()
  let kept = 0

  const keyOf = ({ tenantId, call, webhookEvent }: UnitOfWork): string | undefined => {
    const token = call?.token ?? webhookEvent?.token
    return token === undefined ? undefined : `${tenantId}\n${token}`
  }

  const keep = (key: string, unsaved: Unsaved): void => {
    if (unsaved.tries >= mostTries || kept >= mostKept) {
      log.error(
        { tenantId: unsaved.unit.tenantId, tries: unsaved.tries },
        'A webhook was given up: it could not be stored',
      )
      return
    }
    kept += 1
    const before = waiting.get(key)
    if (before) before.push(unsaved)
    else waiting.set(key, [unsaved])
  }

  const store = async (
    key: string | undefined,
    { unit, tries }: Unsaved,
    durability: 'written' | 'synced',
  ): Promise<void> => {
    try {
      await callLog.append(unit, durability)
    } catch (error) {
      if (key !== undefined) keep(key, { unit, tries: tries + 1 })
      throw error
    }
  }

  const take = (key: string): Unsaved[] => {
    const taken = waiting.get(key) ?? []
    waiting.delete(key)
    kept -= taken.length
    return taken
  }

  return {
    append(unit, durability) {
      const key = keyOf(unit)
      const before = waiting.size > 0 && key !== undefined ? take(key) : []
      if (before.length === 0) return store(key, { unit, tries: 0 }, durability)
      return Promise.all([...before, { unit, tries: 0 }].map((one) => store(key, one, durability))).then(
        () => undefined,
      )
    },
    backlog: () => callLog.backlog(),
    async retry() {
      const all = [...waiting.keys()].flatMap((key) => take(key).map((unsaved) => store(key, unsaved, 'synced')))
      await Promise.allSettled(all)
    },
    unsaved: () => kept,
  }
}
