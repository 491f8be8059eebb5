import type { Database, Statement } from 'better-sqlite3'
import type { ExportField } from '../../../shared/vocabulary.ts'
import type { Cell } from '../../domain/exports/cell.ts'
import { exportText } from '../../domain/exports/export-text.ts'
import { isoTimeWriter } from '../../domain/exports/iso-time.ts'
import { createTimeZones } from '../../domain/schedules/time-zone.ts'
import type { CallFilter } from '../../ports/call-store.ts'
import type { ExportChunk, ExportPlace, ExportRequest } from '../../ports/exports.ts'
import { sql } from 'kysely'
import { allOf, inSpan, restOf, type Span, startOrder } from './call-order.ts'
import { createCallPlanner } from './call-plan.ts'
import { usualSizes } from './call-sizes.ts'
import { createCallWalk } from './call-walk.ts'
import { createExportNames, exportColumns, type ExportValue } from './export-columns.ts'
import type { Keyring } from './keyring.ts'
import type { Queries } from './query-builder.ts'

/** Read at once; their transaction keeps the log from starting over for as long as that takes. */
const chunkRows = 4000
/** A filter that few records meet is looked for this long before others get their turn. */
const patienceMs = 100
const timeFields: ReadonlySet<ExportField> = new Set(['startedAt', 'answeredAt', 'endedAt'])
const endOfTime = Number.MAX_SAFE_INTEGER

const windowOf = ({ startMs = 0, endMs = endOfTime }: CallFilter): Span => ({ from: [startMs, 0], to: [endMs, 0] })

/**
 * Reads records by their start in pieces, each as it is in the file at that moment, and makes them text. How to find them is
 * looked for anew each time: a call that has ended meanwhile is then found among those that are over, and only there.
 */
export const createExportSource = (db: Database, keyring: Keyring, queries: Queries, clockMs: () => number) => {
  const plan = createCallPlanner(queries, usualSizes)
  const walk = createCallWalk(queries, usualSizes)
  const names = createExportNames(db)
  const zones = createTimeZones()

  const countOver = (tenantNo: number, index: string, span: Span): number =>
    queries.all(sql<{ n: number }>`
SELECT count(*) AS n FROM call_records c INDEXED BY ${sql.ref(index)}
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, inSpan(startOrder, span)])}`)[0]?.n ?? 0

  /** By the place of their column. */
  const valuesOf = ({ fields, timeZone }: ExportRequest, tenantId: string): [number, ExportValue][] => {
    const iso = isoTimeWriter(timeZone === undefined ? undefined : zones(timeZone))
    const time: ExportValue = (ms) => (typeof ms === 'number' ? iso(ms) : null)
    return fields.flatMap((field, i): [number, ExportValue][] => {
      const value = timeFields.has(field) ? time : names.get(field)?.(tenantId)
      return value ? [[i, value]] : []
    })
  }

  const statements = new Map<string, Statement<[string, number], Cell[]>>()
  /** In the order of the numbers. */
  const rowsOf = (tenantNo: number, fields: readonly ExportField[], nos: readonly number[]): Cell[][] => {
    const columns = exportColumns(fields)
    let statement = statements.get(columns)
    if (!statement) {
      // One export after the other needs one at a time.
      statements.clear()
      statement = db
        .prepare<[string, number], Cell[]>(
          `SELECT ${columns} FROM json_each(?) j CROSS JOIN call_records c NOT INDEXED ON c.no = j.value WHERE c.tenant_no = ?`,
        )
        .raw()
      statements.set(columns, statement)
    }
    return statement.all(JSON.stringify(nos), tenantNo)
  }

  const read = (
    tenantId: string,
    request: ExportRequest,
    lastNo: number,
    place: ExportPlace | undefined,
  ): ExportChunk => {
    const { no: tenantNo } = keyring.of(tenantId)
    const { format, fields, filter, order } = request
    const isDescending = order === 'desc'
    const window = windowOf(filter)
    const span = place ? restOf(window, place, isDescending) : window
    const { sources, conditions, known } = plan(tenantNo, filter, span, true)
    const stretch = { order: startOrder, sources, conditions, keys: known.map(({ at, no }) => [at, no]) }
    const pace = { clockMs, untilMs: clockMs() + patienceMs }
    const { keys, stoppedAt } = walk(tenantNo, stretch, span, isDescending, chunkRows, pace)
    const nos = keys.map(([, no]) => no ?? 0).filter((no) => no <= lastNo)

    const text = exportText(format, fields)
    const values = valuesOf(request, tenantId)
    const rows = rowsOf(tenantNo, fields, nos)
    let written = place ? '' : text.begin
    for (const row of rows) {
      for (const [i, value] of values) row[i] = value(row[i] as Cell)
      written += text.row(row)
    }
    const next = keys.length >= chunkRows ? keys.at(-1) : stoppedAt
    if (!next) written += text.end
    return { bytes: Buffer.from(written), rows: rows.length, ...(next && { next }) }
  }
  const readAtOnce = db.transaction(read)

  return {
    count: (tenantId: string, filter: CallFilter, isExact: boolean): { total: number; totalIsEstimate?: true } => {
      const { no: tenantNo } = keyring.of(tenantId)
      const window = windowOf(filter)
      const { sources, conditions, known, total } = plan(tenantNo, filter, window, true)
      const [source] = sources
      const isByStart = isExact && conditions.length === 0 && sources.length === 1 && source?.conditions.length === 0
      return isByStart ? { total: known.length + countOver(tenantNo, source.index, window) } : total()
    },
    read: (...asked: Parameters<typeof read>): ExportChunk => readAtOnce(...asked),
  }
}
