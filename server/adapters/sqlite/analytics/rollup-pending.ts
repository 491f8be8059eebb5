import type { Database } from 'better-sqlite3'
import { bucketStart, quarterMs, type TimeRange } from '../../../domain/analytics/cover.ts'
import type { RollupDimension } from '../../../domain/analytics/measures.ts'
import { createCountedCalls } from './counted-call.ts'
import { createRollupCounts, type Sum } from './rollup-counts.ts'

/** What the calls of one tenant that are not settled yet will add to its roll-ups. */
export interface PendingSums {
  /** Of a dimension, and of one key where one is given; amounts in the order of `measures`. */
  of(dimension: RollupDimension, key?: string): readonly Sum[]
  /** Bins of answer delays. */
  delays(key: string): readonly Sum[]
}

export const isWithin =
  ({ fromMs, untilMs }: TimeRange) =>
  ({ startMs }: Sum): boolean =>
    startMs >= fromMs && startMs < untilMs

/**
 * Reads them in the snapshot of its caller, so that roll-ups and these together are all calls that are over. Only those of the
 * quarters of an hour from the first to the last one of the ranges are read.
 */
export const createPendingSums = (db: Database) => {
  const calls = createCountedCalls(db)
  return (tenantNo: number, ranges: readonly TimeRange[]): PendingSums => {
    const counts = createRollupCounts()
    const fromMs = bucketStart(15, Math.min(...ranges.map((range) => range.fromMs)))
    const untilMs = bucketStart(15, Math.max(...ranges.map((range) => range.untilMs)) + quarterMs - 1)
    for (const call of calls.unsettled(tenantNo, fromMs, untilMs)) counts.count(call, 1)
    const rollups = counts.rollups()
    return {
      of: (dimension, key) =>
        rollups.filter((sum) => sum.key[0] === dimension && (key === undefined || sum.key[1] === key)),
      delays: (key) => counts.delays().filter((sum) => sum.key[0] === key),
    }
  }
}
