import type { Database } from 'better-sqlite3'
import { openDatabase } from './open-database.ts'

export interface WalState {
  /** Pages in the write-ahead log. */
  readonly pages: number
  /** How many of them are in the database file too. */
  readonly copied: number
}

/**
 * NOOP only looks. PASSIVE copies what it can and waits for nobody; the log starts over at the next write after a PASSIVE that
 * copied everything while no reader was in the middle of something.
 */
export const createCheckpoints = (db: Database) => {
  const run = (mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE') => {
    const statement = db.prepare<[], { log: number; checkpointed: number }>(`PRAGMA wal_checkpoint(${mode})`)
    return (): WalState => {
      const row = statement.get()
      return { pages: row?.log ?? 0, copied: row?.checkpointed ?? 0 }
    }
  }
  return { look: run('NOOP'), copy: run('PASSIVE'), empty: run('TRUNCATE') }
}

/**
 * Copies the log to its very end although other processes write to it too: `db` keeps them from writing meanwhile, and because
 * who is in a transaction cannot copy, a second connection does.
 */
export const createExclusiveCopy = (db: Database, file: string) => {
  const second = openDatabase(file, 'reader')
  const { copy } = createCheckpoints(second)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const rollback = db.prepare('ROLLBACK')
  return {
    copy: (): WalState => {
      begin.run()
      try {
        return copy()
      } finally {
        rollback.run()
      }
    },
    close: (): void => void second.close(),
  }
}
