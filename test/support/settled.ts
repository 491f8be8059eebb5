import Database from 'better-sqlite3'
import { vi } from 'vitest'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'

/** How many calls of the file are over and not yet entered in indexes and roll-ups. */
export const unsettledCalls = (dataDir: string): number => {
  const db = new Database(databaseFile(dataDir), { readonly: true })
  try {
    return db
      .prepare<[], number>('SELECT count(*) FROM call_records WHERE is_pending = 1 AND is_open = 0')
      .pluck()
      .get() as number
  } finally {
    db.close()
  }
}

export const allSettled = (dataDir: string): Promise<void> =>
  vi.waitFor(
    () => {
      if (unsettledCalls(dataDir) > 0) throw new Error('Some calls are not settled')
    },
    { timeout: 60_000, interval: 100 },
  )
