import { type RawBuilder, sql } from 'kysely'
import type { Page } from '../../../ports/configuration.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Queries } from './query-builder.ts'

export interface TimeQuery {
  /** Everything before WHERE. */
  readonly select: RawBuilder<unknown>
  readonly conditions: readonly (RawBuilder<unknown> | undefined)[]
  /** The time column and the row number, newest first. */
  readonly time: string
  readonly no: string
  readonly limit: number
  readonly cursor: string | undefined
}

/** Every condition must hold; those left out do not count. */
const allOf = (conditions: readonly (RawBuilder<unknown> | undefined)[]): RawBuilder<unknown> =>
  sql.join(
    conditions.filter((condition) => condition !== undefined),
    sql` AND `,
  )

/** A page of rows, newest first, by keyset on time and row number: a deep page costs what the first one does. */
export const pageByTime = <Row extends { readonly no: number }>(
  queries: Queries,
  { select, conditions, time, no, limit, cursor }: TimeQuery,
  timeOf: (row: Row) => number,
): Page<Row> => {
  const key = sql`${sql.ref(time)}, ${sql.ref(no)}`
  const before = cursor === undefined ? undefined : sql`(${key}) < (${sql.join([...readCursor(cursor, 2)])})`
  const rows = queries.all(
    sql<Row>`${select} WHERE ${allOf([...conditions, before])}
ORDER BY ${sql.ref(time)} DESC, ${sql.ref(no)} DESC LIMIT ${limit + 1}`,
  )
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return rows.length > limit && last ? { items, nextCursor: writeCursor([timeOf(last), last.no]) } : { items }
}
