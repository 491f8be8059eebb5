import type { Database } from 'better-sqlite3'
import { bucketStart, rollupLevels } from '../../../domain/analytics/cover.ts'
import { binOf } from '../../../domain/analytics/log-bins.ts'
import { addToRow } from '../query/add-to-row.ts'

/** The answers of a tenant in a quarter of an hour. */
interface Entry {
  /** All of them, and those below each deadline. */
  readonly counts: number[]
  readonly bins: Map<number, number>
}

const deadlineMicros = [10_000, 50_000, 100_000, 500_000] as const
const counted = ['answers', 'under_10_ms', 'under_50_ms', 'under_100_ms', 'under_500_ms']

/** How long CXML answers took. This is for every answer, so it is gathered in memory and written once for many. */
export const createAnswerLedger = (db: Database) => {
  const addCounts = db.prepare(addToRow('analytics_deadlines', ['tenant_no', 'minutes', 'start_ms'], counted))
  const addBin = db.prepare(
    addToRow('analytics_decision_times', ['tenant_no', 'minutes', 'start_ms', 'bin'], ['count']),
  )
  const tenants = new Map<number, Map<number, Entry>>()

  const entryOf = (tenantNo: number, startMs: number): Entry => {
    let entries = tenants.get(tenantNo)
    if (!entries) tenants.set(tenantNo, (entries = new Map<number, Entry>()))
    let entry = entries.get(startMs)
    if (!entry) entries.set(startMs, (entry = { counts: counted.map(() => 0), bins: new Map() }))
    return entry
  }

  const write = (tenantNo: number, startMs: number, { counts, bins }: Entry): void => {
    for (const minutes of rollupLevels) {
      const start = bucketStart(minutes, startMs)
      addCounts.run(tenantNo, minutes, start, ...counts)
      for (const [bin, count] of bins) addBin.run(tenantNo, minutes, start, bin, count)
    }
  }

  return {
    count: (tenantNo: number, atMs: number, micros: number): void => {
      const { counts, bins } = entryOf(tenantNo, bucketStart(15, atMs))
      counts[0] = (counts[0] as number) + 1
      for (const [i, deadline] of deadlineMicros.entries())
        if (micros < deadline) counts[i + 1] = (counts[i + 1] as number) + 1
      const bin = binOf(micros)
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    },
    flush: (): void => {
      for (const [tenantNo, entries] of tenants) for (const [startMs, entry] of entries) write(tenantNo, startMs, entry)
      tenants.clear()
    },
    forget: (): void => tenants.clear(),
  }
}
