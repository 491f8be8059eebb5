import { closeSync, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { createNumberFinder } from '../../domain/numbers/number-finder.ts'
import type { SoughtNumber } from '../../ports/erasure-store.ts'
import { freePagesOf, freeRangesOf } from './free-space.ts'
import { createCheckpoints } from './wal-state.ts'

export interface ScrubReport {
  /** Pages that held the number in space that nothing uses, and do not any more. */
  readonly scrubbedPages: number
  /** Pages where such space could still hold it, because others kept the write-ahead log from being emptied. */
  readonly leftPages: number
}

const chunkPages = 256
/** No number is written longer; what lies across two chunks is found in both. */
const overlapBytes = 512
const mostRounds = 5
const emptyTries = 40
const emptyPauseMs = 50
/** Beyond that a page number could be taken for the type of a b-tree page. */
const mostPages = 0x0200_0000

/**
 * Removes what is left of a number from space in the file that holds nothing any more. SQLite overwrites what is deleted
 * (secure_delete), but not what stays behind when rows move between pages, nor what was deleted before that was on.
 *
 * Such space is written to directly, which is sound because SQLite neither reads it nor sums it up: the writer lock is held,
 * the write-ahead log is empty (so the page in the file is the page), and this connection forgets its copies afterwards.
 * Closing a descriptor of the file would drop SQLite's locks on it, so the one opened here stays open until `close`.
 */
export const createScrub = (db: Database, file: string) => {
  const checkpoints = createCheckpoints(db)
  const pageSize = db.pragma('page_size', { simple: true }) as number
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const touch = db.prepare(
    "INSERT INTO meta (key, value) VALUES ('scrubbed', '') ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  )
  let descriptor: number | undefined
  const open = (): number => (descriptor ??= openSync(file, 'r+'))

  const isLogEmpty = (): boolean => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0
  /** Waits for nobody: whoever reads for long would hold up every commit. */
  const emptyNow = (): boolean => {
    const patience = db.pragma('busy_timeout', { simple: true }) as number
    db.pragma('busy_timeout = 0')
    try {
      checkpoints.empty()
      return isLogEmpty()
    } catch {
      return false
    } finally {
      db.pragma(`busy_timeout = ${patience}`)
    }
  }
  const emptyLog = async (): Promise<boolean> => {
    for (let i = 0; i < emptyTries; i += 1) {
      checkpoints.copy()
      if (emptyNow()) return true
      await setTimeout(emptyPauseMs)
    }
    return false
  }

  const read = (position: number, length: number): Buffer => {
    const buffer = Buffer.alloc(length)
    return buffer.subarray(0, readSync(open(), buffer, 0, length, position))
  }
  const readPage = (pageNo: number): Buffer => read((pageNo - 1) * pageSize, pageSize)

  /** Pages whose bytes hold it, used or not. */
  const find = async (isIn: (text: string) => boolean): Promise<number[]> => {
    const pages: number[] = []
    const { size } = fstatSync(open())
    for (let at = 0; at < size; at += chunkPages * pageSize) {
      const chunk = read(at, chunkPages * pageSize + overlapBytes).toString('latin1')
      if (isIn(chunk))
        for (let from = 0; from < chunkPages * pageSize && from < chunk.length; from += pageSize)
          if (isIn(chunk.slice(from, from + pageSize + overlapBytes))) pages.push((at + from) / pageSize + 1)
      await setImmediate()
    }
    return pages
  }

  const freeIn = (page: Buffer, pageNo: number, { leaves, trunks }: ReturnType<typeof freePagesOf>) => {
    if (leaves.has(pageNo)) return [[0, page.length] as const]
    if (trunks.has(pageNo)) return [[8 + 4 * page.readUInt32BE(4), page.length] as const]
    return freeRangesOf(page, pageNo)
  }

  /** How many of these pages held it in free space; undefined where others wrote meanwhile. */
  const clear = (pages: readonly number[], isIn: (text: string) => boolean): number | undefined => {
    if (!emptyNow()) return undefined
    begin.run()
    try {
      if (!isLogEmpty()) return undefined
      const unused = freePagesOf(readPage)
      let cleared = 0
      for (const pageNo of pages) {
        const page = readPage(pageNo)
        const held = freeIn(page, pageNo, unused).filter(([from, until]) =>
          isIn(page.toString('latin1', from, Math.min(until, page.length))),
        )
        for (const [from, until] of held)
          writeSync(open(), Buffer.alloc(until - from), 0, until - from, (pageNo - 1) * pageSize + from)
        if (held.length > 0) cleared += 1
      }
      if (cleared > 0) fsyncSync(open())
      // Copies of pages in memory would bring it back with their next change: here, and, until they see a commit, at others.
      db.pragma('shrink_memory')
      touch.run()
      commit.run()
      return cleared
    } finally {
      if (db.inTransaction) rollback.run()
    }
  }

  return {
    run: async ({ number, country }: SoughtNumber): Promise<ScrubReport> => {
      const { leavesTraceIn } = createNumberFinder(number, { country })
      let scrubbedPages = 0
      let left: number[] = []
      for (let round = 0; round < mostRounds; round += 1) {
        // Whoever reads for longer, a backup say, keeps pages of before in the log.
        if (!(await emptyLog())) return { scrubbedPages, leftPages: Math.max(left.length, 1) }
        left = await find(leavesTraceIn)
        if (left.length === 0) break
        if (left.some((pageNo) => pageNo >= mostPages)) return { scrubbedPages, leftPages: left.length }
        const cleared = clear(left, leavesTraceIn)
        // What is left is in use: configuration, other tenants, longer numbers.
        if (cleared === 0) return { scrubbedPages, leftPages: 0 }
        scrubbedPages += cleared ?? 0
      }
      return { scrubbedPages, leftPages: left.length }
    },
    close: (): void => {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}
