import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { DomainError } from '../../../domain/errors.ts'
import { isBusy, openLockFile } from './lock-data-directory.ts'

const pauseMs = 5
const longestMs = 15_000

export interface ChangeLock {
  /** Runs `work` while no other node does so with the same directory. Within a process the caller sees to that. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** The same, but waits for nobody: undefined where another node is at it. */
  aloneAtOnce<T>(work: () => Promise<T>): Promise<T | undefined>
  close(): void
}

const isFree = (db: Database.Database): boolean => {
  try {
    db.exec('BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}

/** A lock that the operating system takes back when its holder dies, as in `lock-data-directory.ts`. */
export const openChangeLock = async (dataDir: string, file = 'changes.lock'): Promise<ChangeLock> => {
  const db = await openLockFile(join(dataDir, file), 0)
  const thenFree = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } finally {
      db.exec('ROLLBACK')
    }
  }
  return {
    async alone(work) {
      const giveUpMs = performance.now() + longestMs
      while (!isFree(db)) {
        if (performance.now() > giveUpMs)
          throw new DomainError('UNAVAILABLE', 'Another node has been at such work for long; try it again')
        await sleep(pauseMs)
      }
      return thenFree(work)
    },
    aloneAtOnce: async (work) => (isFree(db) ? thenFree(work) : undefined),
    close: () => void db.close(),
  }
}
