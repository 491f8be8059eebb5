import { sql } from 'kysely'
import type { FilterPart, IndexRange, NumberPart, Source } from './call-filter.ts'
import {
  allOf,
  type Condition,
  inSpan,
  isWithin,
  type Key,
  type KeyRow,
  selectKey,
  type Span,
  startOrder,
  toKey,
} from './call-order.ts'
import type { CallSizes } from './call-sizes.ts'
import type { Queries } from '../query/query-builder.ts'

/** With fewer letters the index has nothing to look for. */
const shortestPart = 3
/** The last letters of a number tell most. More of them only cost more to look for. */
const lettersAsked = 5

/** Words of three letters that all must occur. */
const trigramsOf = (text: string): string | undefined => {
  const letters = Array.from(text).slice(-lettersAsked)
  if (letters.length < shortestPart || text.includes('\0')) return undefined
  const words = letters.slice(2).map((_letter, i) => letters.slice(i, i + 3).join(''))
  return words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND ')
}

/** Finds records that are over by indexes which do not go by time. Undefined is: too many for that. */
export const createCandidates = (queries: Queries, sizes: CallSizes) => {
  const ofRange = (tenantNo: number, { index, condition }: IndexRange): Key[] | undefined => {
    const inRange = sql`
FROM call_records c INDEXED BY ${sql.ref(index)} WHERE c.tenant_no = ${tenantNo} AND c.is_pending = 0 AND ${condition}`
    // Counted first, because taking in what is too much costs more than counting it.
    const [counted] = queries.all(
      sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT 1 ${inRange} LIMIT ${sizes.range + 1})`,
    )
    if ((counted?.n ?? 0) > sizes.range) return undefined
    return queries.all(sql<KeyRow>`SELECT ${selectKey(startOrder)} ${inRange}`).map((row) => toKey(startOrder, row))
  }

  const numbersWith = (tenantNo: number, text: string): string[] | undefined => {
    const words = trigramsOf(text)
    if (words === undefined) return undefined
    const rows = queries.all(sql<{ number: string; tenant_no: number }>`
SELECT n.number, n.tenant_no FROM (SELECT rowid FROM call_number_parts WHERE call_number_parts MATCH ${words} LIMIT ${sizes.range + 1}) p
CROSS JOIN call_numbers n ON n.no = p.rowid`)
    if (rows.length > sizes.range) return undefined
    const found = rows.filter(({ number, tenant_no }) => tenant_no === tenantNo && number.includes(text))
    return found.length > sizes.numbers ? undefined : found.map(({ number }) => number)
  }

  const ofNumbers = (tenantNo: number, { index, column, text }: NumberPart): Key[] | undefined => {
    const numbers = numbersWith(tenantNo, text)
    if (numbers === undefined) return undefined
    const rows = queries.all(sql<KeyRow>`
SELECT ${selectKey(startOrder)} FROM json_each(${JSON.stringify(numbers)}) n
CROSS JOIN call_records c INDEXED BY ${sql.ref(index)} ON ${sql.ref(column)} = n.value
WHERE c.tenant_no = ${tenantNo} AND c.is_pending = 0 LIMIT ${sizes.range + 1}`)
    return rows.length > sizes.range ? undefined : rows.map((row) => toKey(startOrder, row))
  }

  /** All of a filter, in no order. */
  const gather = (tenantNo: number, { ranges = [], parts = [] }: FilterPart, span: Span): Key[] | undefined => {
    if (ranges.length + parts.length === 0) return undefined
    const found = new Map<number, Key>()
    const ways = [
      ...ranges.map((range) => () => ofRange(tenantNo, range)),
      ...parts.map((part) => () => ofNumbers(tenantNo, part)),
    ]
    for (const way of ways) {
      const keys = way()
      if (keys === undefined) return undefined
      for (const key of keys) if (isWithin(span, key)) found.set(key[1] ?? 0, key)
    }
    return [...found.values()]
  }

  const inSource = (tenantNo: number, { index, conditions }: Source, span: Span): Condition => sql`
FROM call_records c INDEXED BY ${sql.ref(index)}
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, ...conditions, inSpan(startOrder, span)])}`

  return {
    gather,
    /** How many there are; no further than to one more than a few. */
    count: (tenantNo: number, sources: readonly Source[], span: Span): number => {
      let total = 0
      for (const source of sources) {
        const limit = sizes.few + 1 - total
        const [row] = queries.all(
          sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT 1 ${inSource(tenantNo, source, span)} LIMIT ${limit})`,
        )
        total += row?.n ?? 0
        if (total > sizes.few) return total
      }
      return total
    },
    keysOf: (tenantNo: number, sources: readonly Source[], span: Span): Key[] =>
      sources.flatMap((source) =>
        queries
          .all(sql<KeyRow>`SELECT ${selectKey(startOrder)} ${inSource(tenantNo, source, span)}`)
          .map((row) => toKey(startOrder, row)),
      ),
  }
}

export type Candidates = ReturnType<typeof createCandidates>
