import type { Database } from 'better-sqlite3'
import { answerDelayMs, contributionOf } from '../../domain/analytics/contribution.ts'
import { bucketStart, quarterMs, rollupLevels, type RollupLevel } from '../../domain/analytics/cover.ts'
import { binOf } from '../../domain/analytics/log-bins.ts'
import { measures } from '../../domain/analytics/measures.ts'
import type { CountedRow } from './counted-call.ts'

/** Where a sum is kept: its table, and its key there without the level. */
interface Sum {
  readonly table: 'rollups' | 'delays' | 'times' | 'deadlines'
  readonly tenantNo: number
  /** Of the quarter of an hour. */
  readonly startMs: number
  readonly dimension: string
  readonly key: string
  readonly bin: number
  readonly amounts: number[]
}

const deadlineMicros = [10_000, 50_000, 100_000, 500_000] as const
const places = new Map(measures.map((measure, place) => [measure as string, place]))

const upsert = (table: string, key: readonly string[], sums: readonly string[]) => `
INSERT INTO ${table} (${[...key, ...sums].join(', ')}) VALUES (${[...key, ...sums].map(() => '?').join(', ')})
ON CONFLICT DO UPDATE SET ${sums.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`

const clear = (table: string, key: readonly string[], isEmpty: string) =>
  `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')} AND ${isEmpty}`

/** Sums gathered in memory, so that each row of the roll-ups is written once for many calls. */
export const createRollupSums = (db: Database) => {
  const rollupKey = ['tenant_no', 'dimension', 'minutes', 'start_ms', 'key']
  const delayKey = ['tenant_no', 'minutes', 'start_ms', 'key', 'bin']
  const addRollup = db.prepare(upsert('analytics_rollups', rollupKey, measures))
  // Without a call and an attempt there is nothing else to be summed up.
  const clearRollup = db.prepare(clear('analytics_rollups', rollupKey, 'calls = 0 AND attempts = 0'))
  const addDelay = db.prepare(upsert('analytics_answer_delays', delayKey, ['count']))
  const clearDelay = db.prepare(clear('analytics_answer_delays', delayKey, 'count = 0'))
  const addTime = db.prepare(upsert('analytics_decision_times', ['tenant_no', 'minutes', 'start_ms', 'bin'], ['count']))
  const under = ['answers', 'under_10_ms', 'under_50_ms', 'under_100_ms', 'under_500_ms']
  const addDeadlines = db.prepare(upsert('analytics_deadlines', ['tenant_no', 'minutes', 'start_ms'], under))

  const sums = new Map<string, Sum>()
  const sumOf = (where: Omit<Sum, 'amounts'>, length: number): number[] => {
    const name = `${where.table} ${where.tenantNo} ${where.startMs} ${where.dimension} ${where.bin} ${where.key}`
    let sum = sums.get(name)
    if (!sum) sums.set(name, (sum = { ...where, amounts: new Array<number>(length).fill(0) }))
    return sum.amounts
  }
  const quarterOf = (atMs: number): number => Math.floor(atMs / quarterMs) * quarterMs
  const increase = (amounts: number[], place: number, by: number): void => {
    amounts[place] = (amounts[place] as number) + by
  }

  const write = (minutes: RollupLevel, { table, tenantNo, startMs, dimension, key, bin, amounts }: Sum): void => {
    const start = bucketStart(minutes, startMs)
    const isLess = amounts.some((amount) => amount < 0)
    if (table === 'rollups') {
      addRollup.run(tenantNo, dimension, minutes, start, key, ...amounts)
      if (isLess) clearRollup.run(tenantNo, dimension, minutes, start, key)
    } else if (table === 'delays') {
      addDelay.run(tenantNo, minutes, start, key, bin, ...amounts)
      if (isLess) clearDelay.run(tenantNo, minutes, start, key, bin)
    } else if (table === 'times') addTime.run(tenantNo, minutes, start, bin, ...amounts)
    else addDeadlines.run(tenantNo, minutes, start, ...amounts)
  }

  return {
    /** Adds what a call contributes (`1`) or takes it away (`-1`). */
    count: ({ tenantNo, call }: CountedRow, sign: 1 | -1): void => {
      const startMs = quarterOf(call.startedAtMs)
      for (const { dimension, key, amounts } of contributionOf(call)) {
        const sum = sumOf({ table: 'rollups', tenantNo, startMs, dimension, key, bin: 0 }, measures.length)
        for (const [measure, amount] of Object.entries(amounts))
          increase(sum, places.get(measure) as number, sign * amount)
      }
      const delayMs = answerDelayMs(call)
      if (delayMs === undefined) return
      for (const key of call.provider === undefined ? [''] : ['', call.provider])
        increase(sumOf({ table: 'delays', tenantNo, startMs, dimension: '', key, bin: binOf(delayMs) }, 1), 0, sign)
    },
    /** Adds an answer to the ledger of deadlines. */
    countAnswer: (tenantNo: number, atMs: number, micros: number): void => {
      const at = { tenantNo, startMs: quarterOf(atMs), dimension: '', key: '' }
      increase(sumOf({ table: 'times', ...at, bin: binOf(micros) }, 1), 0, 1)
      const kept = sumOf({ table: 'deadlines', ...at, bin: 0 }, under.length)
      increase(kept, 0, 1)
      for (const [i, deadline] of deadlineMicros.entries()) if (micros < deadline) increase(kept, i + 1, 1)
    },
    /** Adds the sums to these levels, and begins anew. */
    flush: (levels: readonly RollupLevel[] = rollupLevels): void => {
      for (const sum of sums.values())
        if (sum.amounts.some((amount) => amount !== 0)) for (const minutes of levels) write(minutes, sum)
      sums.clear()
    },
    forget: (): void => sums.clear(),
  }
}

export type RollupSums = ReturnType<typeof createRollupSums>
