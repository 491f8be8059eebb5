import { sql } from 'kysely'
import type { Source } from './call-filter.ts'
import {
  allOf,
  behind,
  compareKeys,
  type Condition,
  inSpan,
  isWithin,
  type Key,
  type KeyRow,
  type Order,
  orderBy,
  restOf,
  selectKey,
  type Span,
  toKey,
} from './call-order.ts'
import type { CallSizes } from './call-sizes.ts'
import type { Queries } from '../query/query-builder.ts'

/** Records of one part of a list. */
export interface Stretch {
  readonly order: Order
  /** Where records that are over are found, in that order. */
  readonly sources: readonly Source[]
  /** What they must meet besides. Where there is nothing, the sources are not looked through but read off. */
  readonly conditions: readonly Condition[]
  /** Records known already. */
  readonly keys: readonly Key[]
}

export interface Walked {
  /** In the direction of the walk. */
  readonly keys: readonly Key[]
  /** How far it came before its time was over. */
  readonly stoppedAt?: Key
}

export interface Pace {
  clockMs(): number
  readonly untilMs: number
}

const mostSlice = 200_000
/** The clock is looked at about so often. */
const sliceMs = 25

/** Slices as large as the last one tells that they may be. */
const nextSize = (size: number, tookMs: number, leastSlice: number): number =>
  Math.round(
    Math.min(mostSlice, Math.max(leastSlice, size / 4, Math.min(size * 4, (size * sliceMs) / Math.max(tookMs, 0.1)))),
  )

/** Goes through records in order, from one end of a span to the other. A statement cannot be stopped, so each takes a slice. */
export const createCallWalk = (queries: Queries, { firstSlice, leastSlice }: CallSizes) => {
  const select = (
    tenantNo: number,
    order: Order,
    source: Source,
    conditions: readonly Condition[],
    span: Span,
  ) => sql<KeyRow>`
SELECT ${selectKey(order)} FROM call_records c INDEXED BY ${sql.ref(source.index)}
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, ...source.conditions, ...conditions, inSpan(order, span)])}`

  return (
    tenantNo: number,
    { order, sources, conditions, keys }: Stretch,
    whole: Span,
    isDescending: boolean,
    wanted: number,
    { clockMs, untilMs }: Pace,
  ): Walked => {
    const inDirection = (a: Key, b: Key): number => (isDescending ? compareKeys(b, a) : compareKeys(a, b))

    /** Where a slice of that many records ends; undefined when no more are left. */
    const endOfSlice = (span: Span, size: number): Key | undefined =>
      sources
        .flatMap((source) => {
          const offset = Math.ceil(size / sources.length)
          const rows = queries.all(
            sql<KeyRow>`${select(tenantNo, order, source, [], span)} ORDER BY ${orderBy(order, isDescending)} LIMIT 1 OFFSET ${offset}`,
          )
          return rows.map((row) => toKey(order, row))
        })
        .sort(inDirection)[0]

    const take = (span: Span, count: number): Key[] => {
      const found = sources.flatMap((source) =>
        queries
          .all(
            sql<KeyRow>`${select(tenantNo, order, source, conditions, span)} ORDER BY ${orderBy(order, isDescending)} LIMIT ${count}`,
          )
          .map((row) => toKey(order, row)),
      )
      return [...found, ...keys.filter((key) => isWithin(span, key))].sort(inDirection).slice(0, count)
    }

    const found: Key[] = []
    let span = whole
    for (let size = firstSlice; ;) {
      const beganMs = clockMs()
      const end = conditions.length === 0 ? undefined : endOfSlice(span, size)
      if (end === undefined) return { keys: [...found, ...take(span, wanted - found.length)] }
      const slice = isDescending ? { from: end, to: span.to } : { from: span.from, to: behind(end) }
      found.push(...take(slice, wanted - found.length))
      if (found.length >= wanted) return { keys: found }
      const nowMs = clockMs()
      if (nowMs >= untilMs) return { keys: found, stoppedAt: end }
      span = restOf(span, end, isDescending)
      size = nextSize(size, nowMs - beganMs, leastSlice)
    }
  }
}
