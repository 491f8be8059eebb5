import type { Database } from 'better-sqlite3'
import type { RecordKind } from '../../../ports/retention-store.ts'

export const dayMs = 86_400_000

/** The columns a table stores, without those that are computed and without `left`. */
export const storedColumns = (db: Database, table: string, left: readonly string[]): string[] =>
  (db.pragma(`table_info(${table})`) as { readonly name: string }[])
    .map(({ name }) => name)
    .filter((name) => !left.includes(name))

/** What belongs to a call, by the name it has in an archive, and the columns that tell where it lies. */
export const partsOfCalls = {
  attempts: { table: 'dial_attempts', place: ['tenant_no', 'call_no'], order: 'n' },
  transitions: { table: 'call_transitions', place: ['tenant_no', 'call_no'], order: 'n' },
  decisions: { table: 'routing_decisions', place: ['no', 'tenant_no', 'call_no'], order: 'no' },
} as const
export type CallPart = keyof typeof partsOfCalls
export const callParts = Object.keys(partsOfCalls) as CallPart[]

/** Kinds of records with a time each; only calls that are settled are looked at. */
export const recordTables = {
  calls: { table: 'call_records', time: 'started_at_ms', condition: 'is_pending = 0', changedAt: 'updated_at_ms' },
  webhook_events: { table: 'webhook_audit', time: 'at_ms', condition: 'TRUE', changedAt: 'at_ms' },
} as const

/**
 * Whether all records of a UTC day are to be seen. Calls that are over and not settled yet would be settled between the day's archive
 * and its deletion, and be gone without having been archived.
 */
export const createDayCheck = (db: Database) => {
  const unsettled = db.prepare<[number, number, number]>(`
SELECT 1 FROM call_records INDEXED BY call_records_unsettled
WHERE is_pending = 1 AND is_open = 0 AND tenant_no = ? AND started_at_ms >= ? AND started_at_ms < ? LIMIT 1`)
  return (tenantNo: number, kind: RecordKind, day: number): boolean =>
    kind !== 'calls' || unsettled.get(tenantNo, day, day + dayMs) === undefined
}
