import type { Database } from 'better-sqlite3'

/** `work` as one transaction that takes the write lock at its start, so that it never has to be given up halfway for it. */
export const inTransaction = <Args extends unknown[], Result>(db: Database, work: (...args: Args) => Result) => {
  const transaction = db.transaction(work)
  return (...args: Args): Result => transaction.immediate(...args)
}

/** `read` on one state of the file, whatever others write meanwhile. */
export const inSnapshot = <Args extends unknown[], Result>(db: Database, read: (...args: Args) => Result) => {
  const transaction = db.transaction(read)
  return (...args: Args): Result => transaction(...args)
}
