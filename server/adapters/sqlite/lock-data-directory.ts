import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { DataDirectoryInUseError, errorCode, explainOpenError } from './store-errors.ts'

/** Of two servers starting at once, one is still writing its number. */
const patienceMs = 500

const holderOf = (db: Database.Database): number => db.pragma('user_version', { simple: true }) as number

/**
 * Makes sure that one server at a time works in the directory; answers how to give the lock back.
 *
 * The lock is one that the operating system holds for the process, so it goes with it however that ends, and no other process that
 * happens to get the same number can be taken for its holder. SQLite brings such locks to every platform: `server.lock` is a
 * database without tables in which this process stays in a write transaction; its `user_version`, which others can still read, is
 * the holder's process id.
 *
 * Nothing else may open and close that file in this process: with POSIX locks that would give the lock away.
 */
export const lockDataDirectory = async (dataDir: string): Promise<() => void> => {
  const file = join(dataDir, 'server.lock')
  if (!existsSync(file)) await (await open(file, 'a', 0o600)).close()
  const db = new Database(file, { timeout: patienceMs })
  try {
    for (;;) {
      db.exec('BEGIN IMMEDIATE')
      if (holderOf(db) === process.pid) return () => void db.close()
      db.pragma(`user_version = ${process.pid}`)
      // Others can read it once it is committed. Whoever gets in between writes its own number, and this one sees that.
      db.exec('COMMIT')
    }
  } catch (error) {
    const holder = /^SQLITE_BUSY/.test(errorCode(error) ?? '') ? holderOf(db) : undefined
    db.close()
    if (holder === undefined) throw explainOpenError(error, file)
    throw new DataDirectoryInUseError(
      `Another Switchyard server, process ${holder}, is running in ${dataDir}. ` +
        'Use that one, stop it first, or name another directory with SWITCHYARD_DATA_DIR',
    )
  }
}
