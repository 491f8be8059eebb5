import { type RawBuilder, sql } from 'kysely'

/** Where a record stands in an order: numbers that are compared one after the other, the row number last. */
export type Key = readonly number[]

/** From `from` up to, and without, `to`. */
export interface Span {
  readonly from: Key
  readonly to: Key
}

export type Condition = RawBuilder<unknown>

/** The columns of an order; records stand in it by rising values. */
export type Order = readonly string[]

export const startOrder: Order = ['c.started_at_ms', 'c.no']
export const durationOrder: Order = ['c.lasted_seconds', 'c.started_at_ms', 'c.no']

export const compareKeys = (a: Key, b: Key): number => {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The first place behind a key. */
export const behind = (key: Key): Key => [...key.slice(0, -1), (key.at(-1) ?? 0) + 1]

/** The last place before a key. */
export const before = (key: Key): Key => [...key.slice(0, -1), (key.at(-1) ?? 0) - 1]

export const isWithin = ({ from, to }: Span, key: Key): boolean =>
  compareKeys(key, from) >= 0 && compareKeys(key, to) < 0

/** What is left of a span for a walk that has come to a key. */
export const restOf = ({ from, to }: Span, key: Key, isDescending: boolean): Span => {
  if (isDescending) return { from, to: compareKeys(key, to) < 0 ? key : to }
  const next = behind(key)
  return { from: compareKeys(next, from) > 0 ? next : from, to }
}

const columnsOf = (order: Order) => sql.join(order.map((column) => sql.ref(column)))

export const inSpan = (order: Order, { from, to }: Span): Condition =>
  sql`(${columnsOf(order)}) >= (${sql.join([...from])}) AND (${columnsOf(order)}) < (${sql.join([...to])})`

export const selectKey = (order: Order): Condition =>
  sql.join(order.map((column, i) => sql`${sql.ref(column)} AS ${sql.ref(`k${i}`)}`))

export type KeyRow = Readonly<Record<string, number>>

export const toKey = (order: Order, row: KeyRow): Key => order.map((_column, i) => row[`k${i}`] ?? 0)

export const orderBy = (order: Order, isDescending: boolean): Condition =>
  sql.join(order.map((column) => sql`${sql.ref(column)} ${sql.raw(isDescending ? 'DESC' : 'ASC')}`))

/** Every condition must hold. */
export const allOf = (conditions: readonly Condition[]): Condition => sql.join([...conditions], sql` AND `)
