import { type RawBuilder, sql } from 'kysely'
import type { ExportField } from '../../../../shared/vocabulary.ts'
import type { Cell } from '../../../domain/exports/cell.ts'
import type { Source } from '../call-list/call-filter.ts'
import { allOf, behind, inSpan, type Key, orderBy, type Span, startOrder } from '../call-list/call-order.ts'
import { exportColumns } from './export-columns.ts'
import type { Queries } from '../query/query-builder.ts'

/** What is read at once, and where the reading goes on; without that all is read. */
interface Stretch {
  readonly span: Span
  readonly next?: Key
}

/** Reads the values that fields are made of. */
export const createExportRows = (queries: Queries) => {
  const from = (tenantNo: number, { index, conditions }: Source, span: Span): RawBuilder<unknown> => sql`
FROM call_records c INDEXED BY ${sql.ref(index)}
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, ...conditions, inSpan(startOrder, span)])}`

  return {
    /** The next so many records of a source; only its index is looked at. */
    stretchOf: (tenantNo: number, source: Source, span: Span, isDescending: boolean, size: number): Stretch => {
      const [next] = queries.lists<number>(sql`
SELECT c.started_at_ms, c.no ${from(tenantNo, source, span)} ORDER BY ${orderBy(startOrder, isDescending)} LIMIT 1 OFFSET ${size - 1}`)
      if (!next) return { span }
      return { span: isDescending ? { from: next, to: span.to } : { from: span.from, to: behind(next) }, next }
    },
    /** All records of a source in a span, in order. */
    along: (
      fields: readonly ExportField[],
      tenantNo: number,
      source: Source,
      span: Span,
      isDescending: boolean,
      lastNo: number,
    ): Cell[][] =>
      queries.lists<Cell>(sql`
SELECT ${sql.raw(exportColumns(fields))} ${from(tenantNo, source, span)} AND c.no <= ${lastNo} ORDER BY ${orderBy(startOrder, isDescending)}`),
    /** Those that are still there, in the order of the numbers. */
    numbered: (fields: readonly ExportField[], tenantNo: number, nos: readonly number[]): Cell[][] =>
      queries.lists<Cell>(sql`
SELECT ${sql.raw(exportColumns(fields))} FROM json_each(${JSON.stringify(nos)}) j
CROSS JOIN call_records c NOT INDEXED ON c.no = j.value WHERE c.tenant_no = ${tenantNo}`),
  }
}
