import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { ExportField } from '../../../../shared/vocabulary.ts'
import type { Cell } from '../../../domain/exports/cell.ts'
import { exportText } from '../../../domain/exports/export-text.ts'
import { isoTimeWriter } from '../../../domain/exports/iso-time.ts'
import { TextBytes } from '../../../domain/exports/text-bytes.ts'
import { createTimeZones } from '../../../domain/schedules/time-zone.ts'
import type { CallFilter } from '../../../ports/call-store.ts'
import type { ExportChunk, ExportPlace, ExportRequest, ExportSource } from '../../../ports/exports.ts'
import { filterParts } from '../call-list/call-filter.ts'
import { allOf, behind, inSpan, isWithin, type Key, restOf, type Span, startOrder } from '../call-list/call-order.ts'
import { createCallPlanner } from '../call-list/call-plan.ts'
import { usualSizes } from '../call-list/call-sizes.ts'
import { createCallWalk } from '../call-list/call-walk.ts'
import { createExportNames, type ExportValue } from './export-columns.ts'
import { createExportMoves } from './export-moves.ts'
import { createExportRows } from './export-rows.ts'
import { inSnapshot } from '../file/transaction.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Queries } from '../query/query-builder.ts'
import { transferring } from '../threads/thread-transfer.ts'

/** Read at once: few enough to be gone before the young are collected. */
const batchRows = 500
/** Looked for at once, where that takes more than reading off an index. */
const searchedRows = 4000
/** A piece ends with the batch that makes it so long; the first one with its first batch, so that it comes soon. */
const pieceBytes = 4 * 2 ** 20
/** With room for the batch that goes beyond. */
const expectedBytes = 5 * 2 ** 20
/** Others get their turn after that time, and the log can start over, which the transaction of a piece keeps it from. */
const patienceMs = 100
const timeFields: ReadonlySet<ExportField> = new Set(['startedAt', 'answeredAt', 'endedAt'])
const endOfTime = Number.MAX_SAFE_INTEGER

const windowOf = ({ startMs = 0, endMs = endOfTime }: CallFilter): Span => ({ from: [startMs, 0], to: [endMs, 0] })

/** The part of a span that was gone through when the reading has come to a key. */
const doneOf = ({ from, to }: Span, next: Key | undefined, isDescending: boolean): Span => {
  if (!next) return { from, to }
  return isDescending ? { from: next, to } : { from, to: behind(next) }
}

interface ColumnValue {
  readonly column: number
  readonly value: ExportValue
}

interface Batch {
  readonly rows: readonly Cell[][]
  readonly next?: Key | undefined
}

/**
 * Reads records by their start in pieces, each as it is in the file at that moment, and makes them text. How to find them is
 * looked for anew each time: a call that has ended meanwhile is then found among those that are over, and only there.
 */
export const createExportSource = (db: Database, keyring: Keyring, queries: Queries, clockMs: () => number) => {
  const plan = createCallPlanner(queries, usualSizes)
  const walk = createCallWalk(queries, usualSizes)
  const rowsOf = createExportRows(queries)
  const moves = createExportMoves(queries)
  const names = createExportNames(db)
  const zones = createTimeZones()

  const countOver = (tenantNo: number, index: string, span: Span): number =>
    queries.all(sql<{ n: number }>`
SELECT count(*) AS n FROM call_records c INDEXED BY ${sql.ref(index)}
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, inSpan(startOrder, span)])}`)[0]?.n ?? 0

  const valuesOf = ({ fields, timeZone }: ExportRequest, tenantId: string): readonly ColumnValue[] => {
    const iso = isoTimeWriter(timeZone === undefined ? undefined : zones(timeZone))
    const time: ExportValue = (ms) => (typeof ms === 'number' ? iso(ms) : null)
    return fields.flatMap((field, column): ColumnValue[] => {
      const value = timeFields.has(field) ? time : names.get(field)?.(tenantId)
      return value ? [{ column, value }] : []
    })
  }

  /** Answers how to read on from a place. */
  const reading = (tenantNo: number, { id, request, lastNo }: Asked, first: Span, untilMs: number) => {
    const { fields, filter, order } = request
    const isDescending = order === 'desc'
    const { sources, conditions, known } = plan(tenantNo, filter, first, true)
    const keysKnown = known.map(({ at, no }): Key => [at, no])
    const stretch = { order: startOrder, sources, conditions, keys: keysKnown }
    const haveMoved = moves.areAny(id)
    const [source] = sources
    const isStraight = source !== undefined && sources.length === 1 && conditions.length === 0 && !haveMoved

    const straight = (span: Span): Batch | undefined => {
      if (!isStraight) return undefined
      const { span: covered, next } = rowsOf.stretchOf(tenantNo, source, span, isDescending, batchRows)
      if (keysKnown.some((key) => isWithin(covered, key))) return undefined
      return { rows: rowsOf.along(fields, tenantNo, source, covered, isDescending, lastNo), next }
    }

    const searched = (span: Span): Batch => {
      const { keys, stoppedAt } = walk(tenantNo, stretch, span, isDescending, searchedRows, { clockMs, untilMs })
      const next = keys.length >= searchedRows ? keys.at(-1) : stoppedAt
      const all = haveMoved
        ? moves.undo(
            id,
            keys,
            doneOf(span, next, isDescending),
            filterParts(filter).map(({ condition }) => condition),
            isDescending,
          )
        : keys
      const nos = all.map(([, no]) => no ?? 0).filter((no) => no <= lastNo)
      return { rows: rowsOf.numbered(fields, tenantNo, nos), next }
    }
    return (span: Span): Batch => straight(span) ?? searched(span)
  }

  type Asked = Parameters<ExportSource['read']>[0]

  const read = (asked: Asked, place: ExportPlace | undefined): ExportChunk => {
    const { tenantId, request } = asked
    const { no: tenantNo } = keyring.of(tenantId)
    const { format, fields, filter, order } = request
    const isDescending = order === 'desc'
    const window = windowOf(filter)
    const from = (key: Key): Span => restOf(window, key, isDescending)
    const untilMs = clockMs() + patienceMs
    const text = exportText(format, fields)
    const values = valuesOf(request, tenantId)
    const begin = place ? from(place) : window
    const batchAt = reading(tenantNo, asked, begin, untilMs)

    const out = new TextBytes(expectedBytes)
    if (!place) text.begin(out)
    let count = 0
    let next: Key | undefined
    for (let span = begin; ; span = from(next)) {
      const batch = batchAt(span)
      for (const row of batch.rows) {
        for (const { column, value } of values) row[column] = value(row[column] as Cell)
        text.row(out, row)
      }
      count += batch.rows.length
      next = batch.next
      if (!next || !place || out.length >= pieceBytes || clockMs() >= untilMs) break
    }
    if (!next) text.end(out)
    return { bytes: out.written(), rows: count, ...(next && { next }) }
  }
  const readAtOnce = inSnapshot(db, read)

  const count = (tenantId: string, filter: CallFilter, isExact: boolean): { total: number; totalIsEstimate?: true } => {
    const { no: tenantNo } = keyring.of(tenantId)
    const window = windowOf(filter)
    const { sources, conditions, known, total } = plan(tenantNo, filter, window, true)
    const [source] = sources
    const isByStart = isExact && conditions.length === 0 && sources.length === 1 && source?.conditions.length === 0
    return isByStart ? { total: known.length + countOver(tenantNo, source.index, window) } : total()
  }

  return {
    /** A call that is settled meanwhile is counted once. */
    count: inSnapshot(db, count),
    read: (...asked: Parameters<typeof read>): ExportChunk => {
      const chunk = readAtOnce(...asked)
      return transferring(chunk, chunk.bytes.buffer)
    },
  }
}
