import type { Database } from 'better-sqlite3'
import { createAnswerLedger } from './answer-ledger.ts'
import { createCountedCalls, type CountedRow } from './counted-call.ts'
import { createRollupSums } from './rollup-sums.ts'

/** Keeps the roll-ups true to the settled calls that one transaction changes. */
export interface RollupWriter {
  /** Says that a call which is over is about to change. */
  touch(callNo: number): void
  /** A CXML answer, in the ledger of deadlines. */
  countAnswer(tenantNo: number, atMs: number, micros: number): void
  /** Adds the difference that all this makes; just before the transaction ends. */
  flush(): void
  /** The transaction begins, or came to nothing. */
  forget(): void
}

/**
 * A call is read before its first change in a transaction and after the last one, and the difference is added. So whatever
 * changes a call, twice, late, corrected or joined from two nodes: it counts exactly as its row says. Calls that are not settled do
 * not count; settling enters them.
 */
export const createRollupWriter = (db: Database): RollupWriter => {
  const calls = createCountedCalls(db)
  const sums = createRollupSums(db)
  const ledger = createAnswerLedger(db)
  const before = new Map<number, CountedRow | undefined>()
  return {
    touch: (callNo) => {
      if (!before.has(callNo)) before.set(callNo, calls.get(callNo))
    },
    countAnswer: ledger.count,
    flush: () => {
      for (const [callNo, was] of before) {
        const is = calls.get(callNo)
        if (was) sums.count(was, -1)
        if (is) sums.count(is, 1)
      }
      before.clear()
      sums.flush()
      ledger.flush()
    },
    forget: () => {
      before.clear()
      sums.forget()
      ledger.forget()
    },
  }
}
