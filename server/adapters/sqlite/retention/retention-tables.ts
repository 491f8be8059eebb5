import type { Database } from 'better-sqlite3'

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
