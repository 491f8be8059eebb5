import type { Database } from 'better-sqlite3'
import { bucketStart, rollupLevels, type RollupLevel } from '../../../domain/analytics/cover.ts'
import { measures } from '../../../domain/analytics/measures.ts'
import { addToRow } from '../query/add-to-row.ts'
import { createRollupCounts, type Sum } from './rollup-counts.ts'

const createTable = (db: Database, table: string, key: readonly string[], sums: readonly string[], isEmpty: string) => {
  const place = ['tenant_no', 'minutes', 'start_ms', ...key]
  const add = db.prepare(addToRow(table, place, sums))
  const clear = db.prepare(
    `DELETE FROM ${table} WHERE ${place.map((one) => `${one} = ?`).join(' AND ')} AND ${isEmpty}`,
  )
  return (gathered: Iterable<Sum>, levels: readonly RollupLevel[]): void => {
    for (const { tenantNo, startMs, key: rest, amounts } of gathered) {
      if (amounts.every((amount) => amount === 0)) continue
      const isLess = amounts.some((amount) => amount < 0)
      for (const minutes of levels) {
        const start = bucketStart(minutes, startMs)
        add.run(tenantNo, minutes, start, ...rest, ...amounts)
        if (isLess) clear.run(tenantNo, minutes, start, ...rest)
      }
    }
  }
}

/** Sums over calls, gathered in memory, so that each row of the roll-ups is written once for many calls. */
export const createRollupSums = (db: Database) => {
  // Without a call and an attempt there is nothing else to be summed up.
  const addRollups = createTable(db, 'analytics_rollups', ['dimension', 'key'], measures, 'calls = 0 AND attempts = 0')
  const addDelays = createTable(db, 'analytics_answer_delays', ['key', 'bin'], ['count'], 'count = 0')
  const counts = createRollupCounts()
  return {
    count: counts.count,
    /** Adds the sums to these levels, and begins anew. */
    flush: (levels: readonly RollupLevel[] = rollupLevels): void => {
      addRollups(counts.rollups(), levels)
      addDelays(counts.delays(), levels)
      counts.clear()
    },
    forget: counts.clear,
  }
}
