import type { Database } from 'better-sqlite3'

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
