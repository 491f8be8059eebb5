import type { Database } from 'better-sqlite3'
import { bucketStart, rollupLevels } from '../../../domain/analytics/cover.ts'
import { rollupDimensions } from '../../../domain/analytics/measures.ts'
import type { ArchiveFile } from '../../../ports/archive-files.ts'
import type { RecordKind } from '../../../ports/retention-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import { callParts, createDayCheck, dayMs, partsOfCalls, recordTables, storedColumns } from './retention-tables.ts'
import { inTransaction } from '../file/transaction.ts'

/** Rows that go in one transaction; a call takes some dozen rows of other tables along. */
const dropRows = { calls: 100, webhook_events: 300, rollups: 500 } as const

type Values = Readonly<Record<string, unknown>>
type ArchivedCall = { readonly call: Values } & Readonly<Record<string, readonly Values[]>>

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')

/** Deletes old records and brings them back. Each step is one transaction over a few rows. */
export const createRetentionWriter = (db: Database, keyring: Keyring, forgetKnown: () => void) => {
  const putArchive = db.prepare(`
INSERT INTO archives (tenant_no, kind, day_ms, row_count, bytes, sha256, made_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_no, kind, day_ms) DO UPDATE SET row_count = excluded.row_count, bytes = excluded.bytes,
  sha256 = excluded.sha256, made_at_ms = excluded.made_at_ms`)
  const keep = db.prepare('UPDATE archives SET kept_until_ms = ? WHERE tenant_no = ? AND kind = ? AND day_ms = ?')
  const mark = db.prepare(`
INSERT INTO retention_marks VALUES (?, ?)
ON CONFLICT (tenant_no) DO UPDATE SET records_from_ms = max(records_from_ms, excluded.records_from_ms)`)
  const prepareDrop = (kind: RecordKind) => {
    const { table, time, condition, changedAt } = recordTables[kind]
    return db.prepare<[number, number, number, number], { no: number }>(
      `SELECT no FROM ${table} WHERE tenant_no = ? AND ${condition} AND ${time} >= ? AND ${time} < ? AND ${changedAt} <= ?
  LIMIT ${dropRows[kind]}`,
    )
  }
  const isWhole = createDayCheck(db)
  const doomed = { calls: prepareDrop('calls'), webhook_events: prepareDrop('webhook_events') }
  const dropCall = [
    ...callParts.map((part) =>
      db.prepare(`DELETE FROM ${partsOfCalls[part].table} WHERE tenant_no = ? AND call_no = ?`),
    ),
    db.prepare('DELETE FROM call_records WHERE tenant_no = ? AND no = ?'),
  ]
  const dropEvent = db.prepare('DELETE FROM webhook_audit WHERE tenant_no = ? AND no = ?')

  const inserter = (table: string, placeColumns: readonly string[], left: readonly string[], more = '') => {
    const columns = storedColumns(db, table, left)
    const all = [...placeColumns, ...columns]
    const insert = db.prepare(`INSERT INTO ${table} (${all.join(', ')}) VALUES (${marks(all.length)}) ${more}`)
    return (place: readonly number[], row: Values) => insert.run(...place, ...columns.map((column) => row[column]))
  }
  // It may be there already: brought back before, or never deleted.
  const addCall = inserter(
    'call_records',
    ['tenant_no', 'is_open', 'is_pending'],
    ['no', 'tenant_no', 'is_open', 'is_pending'],
    'ON CONFLICT DO NOTHING',
  )
  const addParts = callParts.map((part) => ({
    part,
    add: inserter(partsOfCalls[part].table, ['tenant_no', 'call_no'], partsOfCalls[part].place),
  }))
  const addEvent = inserter('webhook_audit', ['tenant_no'], ['no', 'tenant_no'])
  const hasEvent = db.prepare<[number, unknown]>('SELECT 1 FROM webhook_audit WHERE tenant_no = ? AND id = ?')

  const restoreCall = (tenantNo: number, record: ArchivedCall): boolean => {
    const { changes, lastInsertRowid } = addCall([tenantNo, 0, 0], record.call)
    if (changes === 0) return false
    for (const { part, add } of addParts)
      for (const row of record[part] ?? []) add([tenantNo, Number(lastInsertRowid)], row)
    return true
  }
  const restoreEvent = (tenantNo: number, event: Values): boolean => {
    if (hasEvent.get(tenantNo, event['id'])) return false
    addEvent([tenantNo], event)
    return true
  }

  const rollups = [
    ...rollupDimensions.map((dimension) => ({ table: 'analytics_rollups', where: `dimension = '${dimension}'` })),
    ...['analytics_answer_delays', 'analytics_decision_times', 'analytics_deadlines'].map((table) => ({
      table,
      where: 'TRUE',
    })),
  ].flatMap(({ table, where }) =>
    rollupLevels.map((minutes) => ({
      minutes,
      drop: db.prepare(
        `DELETE FROM ${table} WHERE tenant_no = ? AND ${where} AND minutes = ${minutes} AND start_ms < ? LIMIT ${dropRows.rollups}`,
      ),
    })),
  )
  const widest = rollupLevels.at(-1) ?? 15

  return {
    putArchive: (tenantId: string, { kind, dayMs: day, rows, bytes, sha256 }: ArchiveFile, madeAtMs: number): void => {
      putArchive.run(keyring.of(tenantId).no, kind, day, rows, bytes, sha256, madeAtMs)
    },
    /**
     * Deletes some records of that UTC day that did not change after `unchangedSinceMs`; how many there were. None while
     * calls of that day are to be settled.
     */
    drop: inTransaction(db, (tenantId: string, kind: RecordKind, day: number, unchangedSinceMs: number): number => {
      const { no: tenantNo } = keyring.of(tenantId)
      if (!isWhole(tenantNo, kind, day)) return 0
      const nos = doomed[kind].all(tenantNo, day, day + dayMs, unchangedSinceMs)
      if (kind === 'calls') {
        mark.run(tenantNo, day + dayMs)
        for (const { no } of nos) for (const drop of dropCall) drop.run(tenantNo, no)
        // Numbers of rows are used again.
        forgetKnown()
      } else for (const { no } of nos) dropEvent.run(tenantNo, no)
      return nos.length
    }),
    /** Deletes some sums that end before then; false when there are no more. */
    dropRollups: inTransaction(db, (tenantId: string, beforeMs: number): boolean => {
      const { no } = keyring.of(tenantId)
      // Whole buckets of the widest level, so that none is ever added up from what is left of the finer ones.
      const untilMs = bucketStart(widest, beforeMs)
      return rollups.some(({ drop }) => drop.run(no, untilMs).changes > 0)
    }),
    /** Brings records back that are not there; how many that were. Sums over calls have them still. */
    restore: inTransaction(db, (tenantId: string, kind: RecordKind, lines: readonly string[]): number => {
      const { no } = keyring.of(tenantId)
      const restored = lines.filter((line) =>
        kind === 'calls'
          ? restoreCall(no, JSON.parse(line) as ArchivedCall)
          : restoreEvent(no, JSON.parse(line) as Values),
      )
      return restored.length
    }),
    keep: (tenantId: string, kind: RecordKind, day: number, untilMs: number): void => {
      keep.run(untilMs, keyring.of(tenantId).no, kind, day)
    },
  }
}
