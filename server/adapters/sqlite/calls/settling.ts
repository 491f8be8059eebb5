import type { Database } from 'better-sqlite3'
import { createCountedCalls } from '../analytics/counted-call.ts'
import { createRollupSums } from '../analytics/rollup-sums.ts'

export interface Settled {
  readonly calls: number
  /** More are due. */
  readonly isDone: boolean
  /** Some are not due yet. */
  readonly isMoreToCome: boolean
}

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
  const enter = db.prepare('UPDATE call_records SET is_pending = 0 WHERE no IN (SELECT value FROM json_each(?))')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')

  const settle = (silentSinceMs: number, most: number): number => {
    begin()
    try {
      const nos = due.all(silentSinceMs, most)
      enter.run(JSON.stringify(nos))
      for (const no of nos) {
        const call = calls.get(no)
        if (call) sums.count(call, 1)
      }
      sums.flush()
      commit.run()
      return nos.length
    } catch (error) {
      sums.forget()
      if (db.inTransaction) rollback.run()
      throw error
    }
  }

  /** So many of them in one transaction. */
  return (silentSinceMs: number, most: number): Settled => {
    // Looked at before: where there is nothing to do, nobody has to wait for the lock.
    const count = due.get(silentSinceMs, 1) === undefined ? 0 : settle(silentSinceMs, most)
    const isDone = count < most
    return { calls: count, isDone, isMoreToCome: !isDone || any.get() !== undefined }
  }
}

export type Settling = ReturnType<typeof createSettling>
