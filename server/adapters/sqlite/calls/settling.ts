import type { Database } from 'better-sqlite3'
import type { TimeRange } from '../../../domain/analytics/cover.ts'
import { createCountedCalls } from '../analytics/counted-call.ts'
import { createRollupSums } from '../analytics/rollup-sums.ts'
import { isStorageFault } from '../errors/store-errors.ts'
import { toWireError, type WireError } from '../errors/wire-error.ts'

/** A call that cannot be settled as it is. */
export interface Unsettlable {
  readonly tenantId: string
  readonly token: string
  readonly error: WireError
}

export interface Settled {
  readonly calls: number
  /** None is due any more. */
  readonly isDone: boolean
  /** Some are not due yet. */
  readonly isMoreToCome: boolean
  /** What was found just now to be left out. */
  readonly failed: readonly Unsettlable[]
  /** How many are left out: until they change, are gone, or the next start. */
  readonly leftOut: number
}

interface LeftOut extends Unsettlable {
  readonly revision: number
}

/** With fewer in a transaction a call costs much more, which a machine that has no time has least of all. */
const fewest = 75
/** With more of them it is not they that are at fault. */
const mostLeftOut = 1000

/**
 * Enters calls that are over in the indexes of the lists and in the roll-ups: for many at once, because for each by itself it costs
 * ten times what storing it does. Until then lists and analytics read them one by one, so that nobody sees a difference. Those
 * that may still hear of their CDR wait for it: those that changed within a time.
 *
 * One that cannot be entered would keep all others of its transaction out. So after a fault half as many are tried, down to one,
 * which is then left out.
 */
export const createSettling = (db: Database, begin: () => void) => {
  const calls = createCountedCalls(db)
  const sums = createRollupSums(db)
  const unsettled = 'FROM call_records INDEXED BY call_records_unsettled WHERE is_pending = 1 AND is_open = 0'
  // Within, and not since: a clock that was set back is behind changes of before, perhaps for ever.
  const due = db
    .prepare<[number, number, string, number], number>(
      `SELECT no ${unsettled} AND (cdr_hash IS NOT NULL OR updated_at_ms NOT BETWEEN ? AND ?)
  AND no NOT IN (SELECT value FROM json_each(?)) LIMIT ?`,
    )
    .pluck()
  const any = db.prepare<[], number>(`SELECT 1 ${unsettled} LIMIT 1`).pluck()
  const still = db
    .prepare<[string], number>(
      `SELECT c.no FROM json_each(?) j CROSS JOIN call_records c ON c.no = j.value WHERE c.is_pending = 1 AND c.is_open = 0`,
    )
    .pluck()
  // In one statement: the search of numbers writes out what it has gathered with each.
  const enter = db.prepare('UPDATE call_records SET is_pending = 0 WHERE no IN (SELECT value FROM json_each(?))')
  const ofCall = db.prepare<[number], Omit<LeftOut, 'error'>>(`
SELECT t.id AS tenantId, c.token, c.revision FROM call_records c JOIN tenants t ON t.no = c.tenant_no
WHERE c.no = ? AND c.is_pending = 1 AND c.is_open = 0`)
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')

  /** Found due and not entered yet. */
  let found: readonly number[] = []
  let areMoreDue = false
  /** At most so many in one transaction after one that failed. */
  let together = Infinity
  /** So many can be entered within the time, as the last ones tell. */
  let inTime = fewest
  const leftOut = new Map<number, LeftOut>()

  /** Looks for what is due, and whether what was left out is still there as it was. */
  const look = ({ fromMs, untilMs }: TimeRange, most: number): void => {
    for (const [no, { token, revision }] of leftOut) {
      const now = ofCall.get(no)
      if (now?.token !== token || now.revision !== revision) leftOut.delete(no)
    }
    found = due.all(fromMs, untilMs, JSON.stringify([...leftOut.keys()]), most)
    areMoreDue = found.length === most
  }

  const giveUp = (error: unknown): void => {
    sums.forget()
    if (db.inTransaction) rollback.run()
    // Whatever is to be written, it cannot be now.
    if (isStorageFault(error)) throw error
  }

  /** Leaves the first one out. */
  const leave = (error: unknown): Unsettlable[] => {
    if (leftOut.size >= mostLeftOut) throw error
    const [no = 0, ...others] = found
    found = others
    const call = ofCall.get(no)
    if (!call) return []
    const one = { ...call, error: toWireError(error) }
    leftOut.set(no, one)
    return [one]
  }

  /** Enters the first ones. */
  const settle = (count: number, most: number, forMs: number): { calls: number; failed: readonly Unsettlable[] } => {
    begin()
    const beganMs = performance.now()
    try {
      // They may have been changed, or settled by another node, since they were found.
      const nos = still.all(JSON.stringify(found.slice(0, count)))
      enter.run(JSON.stringify(nos))
      for (const no of nos) {
        const call = calls.get(no)
        if (call) sums.count(call, 1)
      }
      sums.flush()
      commit.run()
    } catch (error) {
      giveUp(error)
      together = Math.max(1, Math.floor(count / 2))
      return { calls: 0, failed: count > 1 ? [] : leave(error) }
    }
    found = found.slice(count)
    together *= 2
    if (count === inTime) {
      const perCallMs = (performance.now() - beganMs) / count
      inTime = Math.min(2 * count, most, Math.max(fewest, Math.floor(forMs / perCallMs)))
    }
    return { calls: count, failed: [] }
  }

  /** In one transaction about as many as can be entered within a time, and never more than so many. */
  return (changing: TimeRange, most: number, forMs = Infinity): Settled => {
    // Looked for before: where there is nothing to do nobody has to wait for the lock, and it costs the same for few and for many.
    if (found.length === 0) look(changing, most)
    const count = Math.min(found.length, together, forMs === Infinity ? most : inTime)
    const done = count === 0 ? { calls: 0, failed: [] } : settle(count, most, forMs)
    const isDone = found.length === 0 && !areMoreDue
    return { ...done, isDone, isMoreToCome: !isDone || any.get() !== undefined, leftOut: leftOut.size }
  }
}

export type Settling = ReturnType<typeof createSettling>
