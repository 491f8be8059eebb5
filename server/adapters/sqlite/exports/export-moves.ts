import { sql } from 'kysely'
import { allOf, compareKeys, type Condition, inSpan, type Key, type Span } from '../call-list/call-order.ts'
import type { Queries } from '../query/query-builder.ts'

const stood = ['m.started_at_ms', 'm.call_no'] as const

/** Records whose start was corrected while an export goes on count where they stood when it began. */
export const createExportMoves = (queries: Queries) => {
  const isOf = (id: string): Condition => sql`m.export_no = (SELECT no FROM exports WHERE id = ${id})`

  return {
    areAny: (id: string): boolean =>
      queries.lists(sql`SELECT 1 FROM export_moves m WHERE ${isOf(id)} LIMIT 1`).length > 0,
    /** Keys as they would be without the moves, where `keys` are those of the span that meet the conditions, in order. */
    undo: (
      id: string,
      keys: readonly Key[],
      span: Span,
      conditions: readonly Condition[],
      isDescending: boolean,
    ): readonly Key[] => {
      const nos = JSON.stringify(keys.map(([, no]) => no))
      const moved = queries.lists<number>(
        sql`SELECT m.call_no FROM json_each(${nos}) j CROSS JOIN export_moves m ON m.call_no = j.value WHERE ${isOf(id)}`,
      )
      const back = queries.lists<number>(sql`
SELECT ${sql.join(stood.map((column) => sql.ref(column)))} FROM export_moves m
CROSS JOIN call_records c NOT INDEXED ON c.no = m.call_no
WHERE ${allOf([isOf(id), inSpan(stood, span), ...conditions])}`)
      if (moved.length + back.length === 0) return keys
      const gone = new Set(moved.map(([no]) => no))
      return [...keys.filter(([, no]) => !gone.has(no)), ...back].sort((a, b) =>
        isDescending ? compareKeys(b, a) : compareKeys(a, b),
      )
    },
  }
}
