import { fstatSync, readSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { createNumberFinder } from '../../../domain/numbers/number-finder.ts'
import type { SoughtNumber } from '../../../ports/erasure-store.ts'
import { type FreeRange, readFreeSpace } from './free-space.ts'

/** What a look at some pages found. */
export interface ResidueFinds {
  /** Pages that hold it where nothing lies. */
  readonly pages: readonly number[]
  /** Pages that hold it and cannot be told the kind of. */
  readonly unclear: number
  /** Undefined when there are no more pages. */
  readonly nextPage: number | undefined
}

const atOnce = 256

export const readPages = (descriptor: number, pageSize: number, pageNo: number, count = 1): Buffer => {
  const buffer = Buffer.alloc(pageSize * count)
  return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, (pageNo - 1) * pageSize))
}

/** Those of the ranges in which it stands. */
export const rangesWith = (page: Buffer, ranges: readonly FreeRange[], isIn: (text: string) => boolean): FreeRange[] =>
  ranges.filter(([from, until]) => isIn(page.toString('latin1', from, until)))

/** Looks for a number in space of the file that holds nothing, a mebibyte at a time. */
export const createResidueReader = (db: Database) => {
  const pageSize = db.pragma('page_size', { simple: true }) as number
  return (descriptor: number, { number, country }: SoughtNumber, fromPage: number): ResidueFinds => {
    const { leavesTraceIn } = createNumberFinder(number, { country })
    const free = readFreeSpace((pageNo) => readPages(descriptor, pageSize, pageNo))
    const chunk = readPages(descriptor, pageSize, fromPage, atOnce)
    const pages: number[] = []
    let unclear = 0
    if (leavesTraceIn(chunk.toString('latin1')))
      for (let at = 0; at + pageSize <= chunk.length; at += pageSize) {
        const page = chunk.subarray(at, at + pageSize)
        if (!leavesTraceIn(page.toString('latin1'))) continue
        const pageNo = fromPage + at / pageSize
        const ranges = free.rangesOf(page, pageNo)
        if (ranges === undefined) unclear += 1
        else if (rangesWith(page, ranges, leavesTraceIn).length > 0) pages.push(pageNo)
      }
    const nextPage = fromPage + atOnce
    return { pages, unclear, nextPage: (nextPage - 1) * pageSize < fstatSync(descriptor).size ? nextPage : undefined }
  }
}
