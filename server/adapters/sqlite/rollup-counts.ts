import { answerDelayMs, contributionOf } from '../../domain/analytics/contribution.ts'
import { bucketStart } from '../../domain/analytics/cover.ts'
import { binOf } from '../../domain/analytics/log-bins.ts'
import { measures } from '../../domain/analytics/measures.ts'
import type { CountedRow } from './counted-call.ts'

/** Amounts of one row of the roll-ups, or what is to be added to it. */
export interface Sum {
  readonly tenantNo: number
  /** Of the quarter of an hour. */
  readonly startMs: number
  /** The rest of the key: dimension and key, or key and bin. */
  readonly key: readonly (string | number)[]
  readonly amounts: number[]
}

/** Sums in memory, by quarters of an hour. */
export interface RollupCounts {
  /** Adds what a call contributes (`1`) or takes it away (`-1`). */
  count(row: CountedRow, sign: 1 | -1): void
  /** By dimension and key; amounts in the order of `measures`. */
  readonly rollups: ReadonlyMap<string, Sum>
  /** By key and bin; how many answers. */
  readonly delays: ReadonlyMap<string, Sum>
  clear(): void
}

const places = new Map<string, number>(measures.map((measure, place) => [measure, place]))

const amountsIn = (
  sums: Map<string, Sum>,
  width: number,
  tenantNo: number,
  startMs: number,
  key: Sum['key'],
): number[] => {
  const name = `${tenantNo} ${startMs} ${key.join(' ')}`
  let sum = sums.get(name)
  if (!sum) sums.set(name, (sum = { tenantNo, startMs, key, amounts: Array.from({ length: width }, () => 0) }))
  return sum.amounts
}

const increase = (amounts: number[], place: number, by: number): void => {
  amounts[place] = (amounts[place] as number) + by
}

export const createRollupCounts = (): RollupCounts => {
  const rollups = new Map<string, Sum>()
  const delays = new Map<string, Sum>()
  return {
    count: ({ tenantNo, call }, sign) => {
      const startMs = bucketStart(15, call.startedAtMs)
      for (const { dimension, key, amounts } of contributionOf(call)) {
        const sums = amountsIn(rollups, measures.length, tenantNo, startMs, [dimension, key])
        for (const [measure, amount] of Object.entries(amounts))
          increase(sums, places.get(measure) as number, sign * amount)
      }
      const delayMs = answerDelayMs(call)
      if (delayMs === undefined) return
      for (const key of call.provider === undefined ? [''] : ['', call.provider])
        increase(amountsIn(delays, 1, tenantNo, startMs, [key, binOf(delayMs)]), 0, sign)
    },
    rollups,
    delays,
    clear: () => {
      rollups.clear()
      delays.clear()
    },
  }
}
