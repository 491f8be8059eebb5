import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { DataDirectoryInUseError, errorCode, explainOpenError } from '../errors/store-errors.ts'

/** Of two servers starting at once, one is still writing its number. */
const patienceMs = 500

/** Who works in a data directory: a server that has it for itself, or one of several nodes that share a Redis. */
export type Occupant = 'server' | 'node'

const holderOf = (db: Database.Database): number => db.pragma('user_version', { simple: true }) as number

/** Empty files at first; nothing else may make them, for the reason below. */
export const openLockFile = async (file: string, timeoutMs: number): Promise<Database.Database> => {
  if (!existsSync(file)) await (await open(file, 'a', 0o600)).close()
  return new Database(file, { timeout: timeoutMs })
}

export const isBusy = (error: unknown): boolean => /^SQLITE_BUSY/.test(errorCode(error) ?? '')

export interface DirectoryLock {
  /** Nobody else works in the directory, or those who do came at the same moment. */
  readonly isOnlyOne: boolean
  unlock(): void
}

const isUnlocked = (db: Database.Database): boolean => {
  db.pragma('busy_timeout = 0')
  try {
    db.exec('BEGIN EXCLUSIVE')
    db.exec('ROLLBACK')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  } finally {
    db.pragma(`busy_timeout = ${patienceMs}`)
  }
}

/**
 * Nodes hold a read lock on `nodes.lock`, of which there may be many; a server that is alone holds it for writing, so that it
 * and nodes keep each other out.
 */
const lockAs = async (dataDir: string, occupant: Occupant, whyBusy: () => string): Promise<DirectoryLock> => {
  const file = join(dataDir, 'nodes.lock')
  const db = await openLockFile(file, patienceMs)
  try {
    const isOnlyOne = occupant === 'server' || isUnlocked(db)
    if (occupant === 'server') db.exec('BEGIN EXCLUSIVE')
    else {
      db.exec('BEGIN')
      db.prepare('SELECT count(*) FROM sqlite_schema').get()
    }
    return { isOnlyOne, unlock: () => void db.close() }
  } catch (error) {
    db.close()
    throw isBusy(error) ? new DataDirectoryInUseError(whyBusy()) : explainOpenError(error, file)
  }
}

const wayOut = 'stop it first, or name another directory with SWITCHYARD_DATA_DIR'

/** Makes sure that only nodes of one Redis work in the directory; answers how to give the lock back. */
const lockAsNode = (dataDir: string): Promise<DirectoryLock> =>
  lockAs(
    dataDir,
    'node',
    () =>
      `A Switchyard server without Redis is running in ${dataDir}. Nodes share a directory only with nodes: start that one with SWITCHYARD_REDIS_URL too, ${wayOut}`,
  )

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
const lockAsServer = async (dataDir: string): Promise<() => void> => {
  const file = join(dataDir, 'server.lock')
  const db = await openLockFile(file, patienceMs)
  try {
    for (;;) {
      db.exec('BEGIN IMMEDIATE')
      if (holderOf(db) === process.pid) return () => void db.close()
      db.pragma(`user_version = ${process.pid}`)
      // Others can read it once it is committed. Whoever gets in between writes its own number, and this one sees that.
      db.exec('COMMIT')
    }
  } catch (error) {
    const holder = isBusy(error) ? holderOf(db) : undefined
    db.close()
    if (holder === undefined) throw explainOpenError(error, file)
    throw new DataDirectoryInUseError(
      `Another Switchyard server, process ${holder}, is running in ${dataDir}. ` +
        'Use that one, stop it first, or name another directory with SWITCHYARD_DATA_DIR',
    )
  }
}

export const lockDataDirectory = async (dataDir: string, occupant: Occupant): Promise<DirectoryLock> => {
  if (occupant === 'node') return lockAsNode(dataDir)
  const unlock = await lockAsServer(dataDir)
  try {
    const { isOnlyOne, unlock: letNodesIn } = await lockAs(
      dataDir,
      'server',
      () =>
        `Switchyard nodes that share a Redis are running in ${dataDir}. Set SWITCHYARD_REDIS_URL to join them, stop them first, or name another directory with SWITCHYARD_DATA_DIR`,
    )
    return {
      isOnlyOne,
      unlock: () => {
        letNodesIn()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}
