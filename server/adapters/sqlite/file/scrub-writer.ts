import { fsyncSync, statSync, writeSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { createNumberFinder } from '../../../domain/numbers/number-finder.ts'
import type { SoughtNumber } from '../../../ports/erasure-store.ts'
import { readFreeSpace } from './free-space.ts'
import { isBusy } from './lock-data-directory.ts'
import { rangesWith, readPages } from './residue.ts'
import { createCheckpoints } from './wal-state.ts'

/**
 * Overwrites what is left of a number in space of the file that holds nothing. SQLite zeroes what is deleted (secure_delete),
 * but not what stays behind when rows move between pages, nor what was deleted before that was on; and it has no way to write
 * such space, short of writing the whole file anew (VACUUM), which would hold up all calls.
 *
 * So it is written to directly. Why that is sound:
 * - SQLite neither reads nor sums up these bytes, and only they are written: whoever reads the page meanwhile, or whatever a
 *   kill or a power cut leaves of a write, the rest of the page is as it was. (That a disk leaves alone the bytes beside those
 *   that are written is what SQLite itself relies on, SQLITE_POWERSAFE_OVERWRITE.)
 * - The page in the file is the page: the writer lock is held and the write-ahead log is empty, so nobody reads anything newer,
 *   nobody has anything to copy, and nobody has begun to change anything.
 * - Nobody writes the old bytes back from memory: this connection drops its copies, the others do when they see the commit.
 * - The descriptor is one that nobody closes before SQLite's own: closing any descriptor of a file drops SQLite's locks on it.
 */
export const createScrubWriter = (db: Database, file: string) => {
  const checkpoints = createCheckpoints(db)
  const pageSize = db.pragma('page_size', { simple: true }) as number
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  // Another value each time: what stays the same is not written, and nobody would see a commit.
  const touch = db.prepare(
    "INSERT INTO meta (key, value) VALUES ('scrubbed', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value + 1 AS TEXT)",
  )
  const isLogEmpty = (): boolean => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0

  /** Waits for nobody: whoever reads for long would hold up every commit. Answers whether it is empty. */
  const emptyLog = (): boolean => {
    const patience = db.pragma('busy_timeout', { simple: true }) as number
    db.pragma('busy_timeout = 0')
    try {
      checkpoints.empty()
      return isLogEmpty()
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    } finally {
      db.pragma(`busy_timeout = ${patience}`)
    }
  }

  return {
    emptyLog,
    /** How many of these pages held it in free space; undefined where others kept the log from being emptied. */
    clear: (descriptor: number, { number, country }: SoughtNumber, pages: readonly number[]): number | undefined => {
      if (!emptyLog()) return undefined
      const { leavesTraceIn } = createNumberFinder(number, { country })
      const readPage = (pageNo: number): Buffer => readPages(descriptor, pageSize, pageNo)
      begin.run()
      try {
        if (!isLogEmpty()) return undefined
        const free = readFreeSpace(readPage)
        let cleared = 0
        for (const pageNo of pages) {
          const page = readPage(pageNo)
          const held = rangesWith(page, free.rangesOf(page, pageNo) ?? [], leavesTraceIn)
          for (const [from, until] of held)
            writeSync(descriptor, Buffer.alloc(until - from), 0, until - from, (pageNo - 1) * pageSize + from)
          if (held.length > 0) cleared += 1
        }
        if (cleared === 0) return 0
        fsyncSync(descriptor)
        db.pragma('shrink_memory')
        touch.run()
        commit.run()
        return cleared
      } finally {
        if (db.inTransaction) rollback.run()
      }
    },
  }
}
