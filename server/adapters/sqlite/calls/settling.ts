import type { Database } from 'better-sqlite3'
import { createCountedCalls } from '../analytics/counted-call.ts'
import { createRollupSums } from '../analytics/rollup-sums.ts'

export interface Settled {
  readonly calls: number
  /** None is due any more. */
  readonly isDone: boolean
  /** Some are not due yet. */
  readonly isMoreToCome: boolean
}

/** With fewer in a transaction a call costs much more, which a machine that has no time has least of all. */
const fewest = 75

/**
 * Enters calls that are over in the indexes of the lists and in the roll-ups: for many at once, because for each by itself it costs
 * ten times what storing it does. Until then lists and analytics read them one by one, so that nobody sees a difference. Those
 * that may still hear of their CDR wait for it until `silentSinceMs`.
 */
export const createSettling = (db: Database, begin: () => void) => {
  const calls = createCountedCalls(db)
  const sums = createRollupSums(db)
  const unsettled = 'FROM call_records INDEXED BY call_records_unsettled WHERE is_pending = 1 AND is_open = 0'
  const due = db
    .prepare<[number, number], number>(
      `SELECT no ${unsettled} AND (cdr_hash IS NOT NULL OR updated_at_ms <= ?) LIMIT ?`,
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
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')

  /** Found due and not entered yet. */
  let found: readonly number[] = []
  let areMoreDue = false
  /** So many can be entered within the time, as the last ones tell. */
  let inTime = fewest

  /** Enters the first ones. */
  const settle = (count: number, most: number, forMs: number): void => {
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
      sums.forget()
      if (db.inTransaction) rollback.run()
      throw error
    }
    found = found.slice(count)
    if (count === inTime) {
      const perCallMs = (performance.now() - beganMs) / count
      inTime = Math.min(2 * count, most, Math.max(fewest, Math.floor(forMs / perCallMs)))
    }
  }

  /** In one transaction about as many as can be entered within a time, and never more than so many. */
  return (silentSinceMs: number, most: number, forMs = Infinity): Settled => {
    // Looked for before: where there is nothing to do nobody has to wait for the lock, and it costs the same for few and for many.
    if (found.length === 0) {
      found = due.all(silentSinceMs, most)
      areMoreDue = found.length === most
    }
    const count = Math.min(found.length, forMs === Infinity ? most : inTime)
    if (count > 0) settle(count, most, forMs)
    const isDone = found.length === 0 && !areMoreDue
    return { calls: count, isDone, isMoreToCome: !isDone || any.get() !== undefined }
  }
}

export type Settling = ReturnType<typeof createSettling>
