import type { Database } from 'better-sqlite3'
import { answerDelayMs, contributionOf } from '../../domain/analytics/contribution.ts'
import { bucketStart, rollupLevels, type RollupLevel } from '../../domain/analytics/cover.ts'
import { binOf } from '../../domain/analytics/log-bins.ts'
import { measures } from '../../domain/analytics/measures.ts'
import { addToRow } from './add-to-row.ts'
import type { CountedRow } from './counted-call.ts'

/** What is to be added to a row of each level. */
interface Sum {
  readonly tenantNo: number
  /** Of the quarter of an hour. */
  readonly startMs: number
  /** The rest of the key: dimension and key, or key and bin. */
  readonly key: readonly (string | number)[]
  readonly amounts: number[]
}

const places = new Map<string, number>(measures.map((measure, place) => [measure, place]))

const createTable = (db: Database, table: string, key: readonly string[], sums: readonly string[], isEmpty: string) => {
  const place = ['tenant_no', 'minutes', 'start_ms', ...key]
  const add = db.prepare(addToRow(table, place, sums))
  const clear = db.prepare(
    `DELETE FROM ${table} WHERE ${place.map((one) => `${one} = ?`).join(' AND ')} AND ${isEmpty}`,
  )
  const gathered = new Map<string, Sum>()
  return {
    amountsOf: (tenantNo: number, startMs: number, ...rest: readonly (string | number)[]): number[] => {
      const name = `${tenantNo} ${startMs} ${rest.join(' ')}`
      let sum = gathered.get(name)
      if (!sum) gathered.set(name, (sum = { tenantNo, startMs, key: rest, amounts: sums.map(() => 0) }))
      return sum.amounts
    },
    flush: (levels: readonly RollupLevel[]): void => {
      for (const { tenantNo, startMs, key: rest, amounts } of gathered.values()) {
        if (amounts.every((amount) => amount === 0)) continue
        const isLess = amounts.some((amount) => amount < 0)
        for (const minutes of levels) {
          const start = bucketStart(minutes, startMs)
          add.run(tenantNo, minutes, start, ...rest, ...amounts)
          if (isLess) clear.run(tenantNo, minutes, start, ...rest)
        }
      }
      gathered.clear()
    },
    forget: (): void => gathered.clear(),
  }
}

const increase = (amounts: number[], place: number, by: number): void => {
  amounts[place] = (amounts[place] as number) + by
}

/** Sums over calls, gathered in memory, so that each row of the roll-ups is written once for many calls. */
export const createRollupSums = (db: Database) => {
  // Without a call and an attempt there is nothing else to be summed up.
  const rollups = createTable(db, 'analytics_rollups', ['dimension', 'key'], measures, 'calls = 0 AND attempts = 0')
  const delays = createTable(db, 'analytics_answer_delays', ['key', 'bin'], ['count'], 'count = 0')
  return {
    /** Adds what a call contributes (`1`) or takes it away (`-1`). */
    count: ({ tenantNo, call }: CountedRow, sign: 1 | -1): void => {
      const startMs = bucketStart(15, call.startedAtMs)
      for (const { dimension, key, amounts } of contributionOf(call)) {
        const sums = rollups.amountsOf(tenantNo, startMs, dimension, key)
        for (const [measure, amount] of Object.entries(amounts))
          increase(sums, places.get(measure) as number, sign * amount)
      }
      const delayMs = answerDelayMs(call)
      if (delayMs === undefined) return
      for (const key of call.provider === undefined ? [''] : ['', call.provider])
        increase(delays.amountsOf(tenantNo, startMs, key, binOf(delayMs)), 0, sign)
    },
    /** Adds the sums to these levels, and begins anew. */
    flush: (levels: readonly RollupLevel[] = rollupLevels): void => {
      rollups.flush(levels)
      delays.flush(levels)
    },
    forget: (): void => {
      rollups.forget()
      delays.forget()
    },
  }
}
