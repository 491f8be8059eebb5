import { setTimeout } from 'node:timers/promises'
import type { SoughtNumber } from '../../../ports/erasure-store.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

export interface ScrubReport {
  /** Pages that held the number in space that nothing uses, and do not any more. */
  readonly scrubbedPages: number
  /** Pages where such space may still hold it, because others kept the write-ahead log from being emptied. */
  readonly leftPages: number
}

const mostRounds = 5
const emptyTries = 100
const emptyPauseMs = 50
/** They are cleared under the writer lock. */
const clearedAtOnce = 64

/** Removes what is left of a number in the file: the reader looks, the writer clears, and calls are stored in between. */
export const createScrub =
  ({ reader, writer }: { reader: StoreThread<ReaderApi>; writer: StoreThread<WriterApi> }, descriptor: number) =>
  async (sought: SoughtNumber): Promise<ScrubReport> => {
    const emptyLog = async (): Promise<boolean> => {
      for (let i = 0; i < emptyTries; i += 1) {
        // The bulk of it, so that the writer has little left to copy.
        await reader.call('wal', 'copy')
        if (await writer.call('erasure', 'emptyLog')) return true
        await setTimeout(emptyPauseMs)
      }
      return false
    }
    const find = async (): Promise<{ pages: number[]; unclear: number }> => {
      const found = { pages: [] as number[], unclear: 0 }
      for (let from: number | undefined = 1; from !== undefined;) {
        const finds: Awaited<ReturnType<typeof look>> = await look(from)
        found.pages.push(...finds.pages)
        found.unclear += finds.unclear
        from = finds.nextPage
      }
      return found
      function look(fromPage: number) {
        return reader.call('erasure', 'residue', descriptor, sought, fromPage)
      }
    }
    const clear = async (pages: readonly number[]): Promise<number> => {
      for (let i = 0; i < mostRounds; i += 1) {
        const cleared = await writer.call('erasure', 'clear', descriptor, sought, pages)
        if (cleared !== undefined) return cleared
        if (!(await emptyLog())) return 0
      }
      return 0
    }

    let scrubbedPages = 0
    let left = 1
    for (let round = 0; round < mostRounds; round += 1) {
      // Whoever reads for longer, a backup say, keeps pages of before in the log.
      if (!(await emptyLog())) return { scrubbedPages, leftPages: left }
      const { pages, unclear } = await find()
      left = pages.length + unclear
      if (pages.length === 0) {
        // What was written since may have gone from pages that held it still.
        return { scrubbedPages, leftPages: (await emptyLog()) ? left : Math.max(1, left) }
      }
      for (let from = 0; from < pages.length; from += clearedAtOnce)
        scrubbedPages += await clear(pages.slice(from, from + clearedAtOnce))
    }
    return { scrubbedPages, leftPages: left }
  }
