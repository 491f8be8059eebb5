import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { bucketStart, quarterMs, rollupLevels, type RollupLevel } from '../../../domain/analytics/cover.ts'
import { measures, rollupDimensions } from '../../../domain/analytics/measures.ts'
import { createCountedCalls } from './counted-call.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createRollupSums } from './rollup-sums.ts'
import { inTransaction } from '../file/transaction.ts'

/** Where one kind of sums lies, and what its rows have besides tenant, level and time. */
interface Kept {
  readonly table: string
  readonly where: string
  readonly key: string
  readonly sums: readonly string[]
}

const kept: readonly Kept[] = [
  ...rollupDimensions.map((dimension) => ({
    table: 'analytics_rollups',
    where: `dimension = '${dimension}'`,
    key: 'dimension, key',
    sums: measures,
  })),
  { table: 'analytics_answer_delays', where: 'TRUE', key: 'key, bin', sums: ['count'] },
]

const prepareKept = (db: Database, { table, where, key, sums }: Kept) => {
  const added = sums.join(', ')
  return {
    remove: db.prepare(`DELETE FROM ${table} WHERE tenant_no = ? AND ${where} AND minutes = ? AND start_ms = ?`),
    addUp: db.prepare(`
INSERT INTO ${table} (tenant_no, minutes, start_ms, ${key}, ${added})
SELECT tenant_no, ?, ?, ${key}, ${sums.map((sum) => `sum(${sum})`).join(', ')} FROM ${table}
WHERE tenant_no = ? AND ${where} AND minutes = ? AND start_ms >= ? AND start_ms < ? GROUP BY ${key}`),
    first: db.prepare<[number, number, number], { atMs: number | null }>(
      `SELECT min(start_ms) AS atMs FROM ${table} WHERE tenant_no = ? AND ${where} AND minutes = ? AND start_ms >= ?`,
    ),
  }
}

/**
 * Makes the roll-ups of calls anew from the records, a quarter of an hour in each transaction and then the hours, days and weeks above it.
 * Calls go on being counted meanwhile: each transaction leaves a quarter as its rows say. How far it came is stored, so that the
 * next start goes on there. The ledger of deadlines is no part of it: what answers took is in no record.
 */
export const createRollupRebuild = (db: Database, keyring: Keyring) => {
  const calls = createCountedCalls(db)
  const sums = createRollupSums(db)
  const parts = kept.map((one) => prepareKept(db, one))
  const firstCall = db.prepare<[number, number], { atMs: number | null }>(
    'SELECT min(started_at_ms) AS atMs FROM call_records WHERE tenant_no = ? AND started_at_ms >= ? AND is_pending = 0',
  )
  const request = db.prepare('INSERT OR REPLACE INTO analytics_rebuilds VALUES (?, 0, ?)')
  const recordsFrom = db.prepare<[number], { records_from_ms: number }>(
    'SELECT records_from_ms FROM retention_marks WHERE tenant_no = ?',
  )
  const nextRebuild = db.prepare<[], { tenant_no: number; next_ms: number }>(
    'SELECT tenant_no, next_ms FROM analytics_rebuilds ORDER BY requested_at_ms LIMIT 1',
  )
  const goOn = db.prepare('UPDATE analytics_rebuilds SET next_ms = ? WHERE tenant_no = ?')
  const end = db.prepare('DELETE FROM analytics_rebuilds WHERE tenant_no = ?')

  /** The first quarter of an hour from then on that has a call or a sum; undefined when there is none. */
  const nextQuarter = (tenantNo: number, fromMs: number): number | undefined => {
    const found = parts.flatMap(({ first }) => rollupLevels.map((minutes) => first.get(tenantNo, minutes, fromMs)))
    const times = [firstCall.get(tenantNo, fromMs), ...found].flatMap((row) => row?.atMs ?? [])
    return times.length === 0 ? undefined : bucketStart(15, Math.min(...times))
  }

  const countAnew = (tenantNo: number, startMs: number): void => {
    for (const { remove } of parts) remove.run(tenantNo, 15, startMs)
    for (const call of calls.within(tenantNo, startMs, startMs + quarterMs)) sums.count(call, 1)
    sums.flush([15])
  }

  const addUp = (tenantNo: number, minutes: RollupLevel, from: RollupLevel, startMs: number): void => {
    for (const part of parts) {
      part.remove.run(tenantNo, minutes, startMs)
      part.addUp.run(minutes, startMs, tenantNo, from, startMs, startMs + minutes * 60_000)
    }
  }

  /** One quarter of an hour of one tenant; false when nothing is left to do. */
  const slice = inTransaction(db, (): boolean => {
    const rebuild = nextRebuild.get()
    if (!rebuild) return false
    const { tenant_no: tenantNo, next_ms: startMs } = rebuild
    // Of before, records are gone: what was counted of them stays.
    if (startMs >= (recordsFrom.get(tenantNo)?.records_from_ms ?? 0)) countAnew(tenantNo, startMs)
    const nextMs = nextQuarter(tenantNo, startMs + quarterMs) ?? Infinity
    for (const [i, minutes] of rollupLevels.entries()) {
      const finer = rollupLevels[i - 1]
      const thisMs = bucketStart(minutes, startMs)
      if (finer !== undefined && nextMs >= thisMs + minutes * 60_000) addUp(tenantNo, minutes, finer, thisMs)
    }
    if (nextMs === Infinity) end.run(tenantNo)
    else goOn.run(nextMs, tenantNo)
    return true
  })

  let isStopped = false
  let running: Promise<void> | undefined
  const work = async (): Promise<void> => {
    while (!isStopped && slice()) await setImmediate()
  }

  return {
    /** False when there is no such tenant. */
    request: (tenantId: string, nowMs: number): boolean => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return false
      request.run(tenant.no, nowMs)
      return true
    },
    /** Does what is to be done, letting batches of the call path be written in between. */
    work: (): Promise<void> => (running ??= work().finally(() => (running = undefined))),
    /** Resolves when the file is left alone; the next start goes on. */
    stop: async (): Promise<void> => {
      isStopped = true
      await running
    },
  }
}
