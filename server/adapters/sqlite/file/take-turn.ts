import type { Database } from 'better-sqlite3'
import { isBusy } from './lock-data-directory.ts'

const pauseMs = 1
const longestMs = 30_000

const cell = new Int32Array(new SharedArrayBuffer(4))

/**
 * Begins a transaction that writes where other processes do so too. SQLite itself would look ever less often, ten times a
 * second in the end, and one that writes all the time would be in the way each time; answers wait for this.
 */
export const createTurnTaker = (db: Database) => {
  const begin = db.prepare('BEGIN IMMEDIATE')
  return (): void => {
    const patienceMs = db.pragma('busy_timeout', { simple: true }) as number
    const giveUpMs = performance.now() + longestMs
    db.pragma('busy_timeout = 0')
    try {
      for (;;) {
        try {
          return void begin.run()
        } catch (error) {
          if (!isBusy(error) || performance.now() > giveUpMs) throw error
        }
        Atomics.wait(cell, 0, 0, pauseMs)
      }
    } finally {
      db.pragma(`busy_timeout = ${patienceMs}`)
    }
  }
}
