import type { Database, Statement } from 'better-sqlite3'
import { cover, type Stretch, type TimeRange } from '../../../domain/analytics/cover.ts'
import { type Measure, measures, type RollupDimension } from '../../../domain/analytics/measures.ts'
import type { BreakdownOrder, Deadlines } from '../../../ports/analytics.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Sum } from './rollup-counts.ts'
import { createPendingSums, isWithin } from './rollup-pending.ts'
import { inSnapshot } from '../file/transaction.ts'

/** Amounts in the order of `measures`: objects would cost more to hand to another thread than to read. */
export type Counts = readonly number[]

export interface CountedBreakdown {
  readonly items: readonly (readonly [key: string, counts: Counts])[]
  readonly keys: number
  readonly total: Counts
}

const deadlineColumns = ['answers', 'under_10_ms', 'under_50_ms', 'under_100_ms', 'under_500_ms']
const bucket = 'tenant_no = ? AND minutes = ? AND start_ms = ?'
const within = 'tenant_no = ? AND minutes = ? AND start_ms >= ? AND start_ms < ?'

type Sign = Stretch['sign']

const placeOf = (measure: Measure): number => measures.indexOf(measure)

const addTo = (sums: number[], counts: Counts | undefined, sign: Sign): void => {
  if (counts) for (let i = 0; i < sums.length; i += 1) sums[i] = (sums[i] as number) + sign * (counts[i] as number)
}

/** The buckets that make up a range. */
const bucketsOf = (range: TimeRange): { minutes: number; startMs: number; sign: Sign }[] =>
  cover(range).flatMap(({ minutes, fromMs, untilMs, sign }) => {
    const stepMs = minutes * 60_000
    const length = (untilMs - fromMs) / stepMs
    return Array.from({ length }, (_, i) => ({ minutes, startMs: fromMs + i * stepMs, sign }))
  })

/** Adds up by key what is read of each piece, and leaves out what comes to nothing. */
export const gather = <Piece extends { readonly sign: Sign }, Key>(
  pieces: readonly Piece[],
  read: (piece: Piece) => readonly (readonly [Key, number])[],
): Map<Key, number> => {
  const counts = new Map<Key, number>()
  for (const piece of pieces)
    for (const [key, count] of read(piece)) counts.set(key, (counts.get(key) ?? 0) + piece.sign * count)
  for (const [key, count] of counts) if (count === 0) counts.delete(key)
  return counts
}

/** What calls that are not settled yet add to what was read. */
const addTotals = <Key>(counts: Map<Key, number>, sums: readonly Sum[], range: TimeRange, keyOf: (sum: Sum) => Key) => {
  for (const sum of sums.filter(isWithin(range)))
    counts.set(keyOf(sum), (counts.get(keyOf(sum)) ?? 0) + (sum.amounts[0] ?? 0))
  return counts
}

/**
 * Reads roll-ups: any range of whole quarters of an hour, by the fewest rows that make it up, and the calls that are not settled yet.
 */
export const createRollupReader = (db: Database, keyring: Keyring) => {
  const pendingOf = createPendingSums(db)
  const one: Statement<[number, number, number, string, string], Counts> = db
    .prepare<[number, number, number, string, string], Counts>(
      `SELECT ${measures.join(', ')} FROM analytics_rollups WHERE ${bucket} AND dimension = ? AND key = ?`,
    )
    .raw()
  const ranks = new Map<string, Statement<[number, number, number, number, string], [string, number, number, number]>>()
  const members = db
    .prepare<[number, number, number, string, string], [string, number]>(
      `SELECT key, calls FROM analytics_rollups WHERE ${bucket} AND dimension = 'member' AND key >= ? AND key < ?`,
    )
    .raw()
  const delays = db
    .prepare<[number, number, number, string], [number, number]>(
      `SELECT bin, count FROM analytics_answer_delays WHERE ${bucket} AND key = ?`,
    )
    .raw()
  const times = db
    .prepare<[number, number, number, number], [number, number]>(
      `SELECT bin, sum(count) FROM analytics_decision_times WHERE ${within} GROUP BY bin`,
    )
    .raw()
  const deadlines = db
    .prepare<[number, number, number, number], Counts>(
      `SELECT ${deadlineColumns.map((column) => `coalesce(sum(${column}), 0)`).join(', ')}
FROM analytics_deadlines WHERE ${within}`,
    )
    .raw()

  const noOf = (tenantId: string): number | undefined => keyring.find(tenantId)?.no

  const sum = (no: number, dimension: string, key: string, range: TimeRange, pending: readonly Sum[]): Counts => {
    const sums = measures.map(() => 0)
    for (const { minutes, startMs, sign } of bucketsOf(range))
      addTo(sums, one.get(no, minutes, startMs, dimension, key), sign)
    for (const { amounts } of pending.filter(isWithin(range))) addTo(sums, amounts, 1)
    return sums
  }

  /** Reads what an order needs and no more: this is for every key there is. */
  const rankBy = (measure: Measure, per: Measure | undefined) => {
    const columns = `sum(calls) + sum(attempts), sum(${measure}), ${per === undefined ? '0' : `sum(${per})`}`
    let statement = ranks.get(columns)
    if (!statement) {
      statement = db
        .prepare<[number, number, number, number, string], [string, number, number, number]>(
          `SELECT key, ${columns} FROM analytics_rollups WHERE ${within} AND dimension = ? GROUP BY key`,
        )
        .raw()
      ranks.set(columns, statement)
    }
    return statement
  }

  const ranked = (
    no: number,
    dimension: string,
    range: TimeRange,
    { measure, per }: BreakdownOrder,
    pending: readonly Sum[],
  ): string[] => {
    const statement = rankBy(measure, per)
    const found = new Map<string, number[]>()
    const add = (key: string, counts: Counts, sign: Sign): void => {
      const sums = found.get(key) ?? [0, 0, 0]
      addTo(sums, counts, sign)
      found.set(key, sums)
    }
    for (const { minutes, fromMs, untilMs, sign } of cover(range))
      for (const [key, ...counts] of statement.all(no, minutes, fromMs, untilMs, dimension)) add(key, counts, sign)
    for (const { key, amounts } of pending.filter(isWithin(range))) {
      const amount = (wanted: Measure | undefined) => (wanted === undefined ? 0 : (amounts[placeOf(wanted)] ?? 0))
      add(String(key[1]), [amount('calls') + amount('attempts'), amount(measure), amount(per)], 1)
    }
    const worth = [...found].flatMap(([key, [counted, amount = 0, of = 0]]): [string, number][] =>
      counted === 0 ? [] : [[key, per === undefined ? amount : of === 0 ? -1 : amount / of]],
    )
    return worth.sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1)).map(([key]) => key)
  }

  /** All of an answer from one state of the file: a bucket and what is taken away from it must be of the same one. */
  const reads = {
    sums: (tenantId: string, dimension: RollupDimension, key: string, ranges: readonly TimeRange[]): Counts[] => {
      const no = noOf(tenantId)
      if (no === undefined) return ranges.map(() => measures.map(() => 0))
      const pending = pendingOf(no, ranges).of(dimension, key)
      return ranges.map((range) => sum(no, dimension, key, range, pending))
    },
    breakdown: (
      tenantId: string,
      dimension: RollupDimension,
      range: TimeRange,
      order: BreakdownOrder,
      limit: number,
    ): CountedBreakdown => {
      const no = noOf(tenantId)
      if (no === undefined) return { items: [], keys: 0, total: measures.map(() => 0) }
      const pending = pendingOf(no, [range])
      const keys = ranked(no, dimension, range, order, pending.of(dimension))
      return {
        items: keys.slice(0, limit).map((key) => [key, sum(no, dimension, key, range, pending.of(dimension, key))]),
        keys: keys.length,
        total: sum(no, 'tenant', '', range, pending.of('tenant')),
      }
    },
    answerDelays: (tenantId: string, provider: string | undefined, range: TimeRange): Map<number, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      const counts = gather(bucketsOf(range), ({ minutes, startMs }) =>
        delays.all(no, minutes, startMs, provider ?? ''),
      )
      return addTotals(counts, pendingOf(no, [range]).delays(provider ?? ''), range, ({ key }) => Number(key[1]))
    },
    firstChoices: (tenantId: string, groupId: string, range: TimeRange): Map<string, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      // The keys of a group are its id, a space, and an agent's id; `!` comes after the space.
      const agentOf = (key: string) => key.slice(groupId.length + 1)
      const counts = gather(bucketsOf(range), ({ minutes, startMs }) =>
        members
          .all(no, minutes, startMs, `${groupId} `, `${groupId}!`)
          .map(([key, count]) => [agentOf(key), count] as const),
      )
      const pending = pendingOf(no, [range])
        .of('member')
        .filter(({ key }) => String(key[1]).startsWith(`${groupId} `))
      return addTotals(counts, pending, range, ({ key }) => agentOf(String(key[1])))
    },
    deadlines: (tenantId: string, ranges: readonly TimeRange[]): Deadlines[] => {
      const no = noOf(tenantId)
      const read = ({ minutes, fromMs, untilMs }: Stretch) =>
        no === undefined ? undefined : deadlines.get(no, minutes, fromMs, untilMs)
      return ranges.map((range) => {
        const sums = deadlineColumns.map(() => 0)
        for (const stretch of cover(range)) addTo(sums, read(stretch), stretch.sign)
        const [answers = 0, under10Ms = 0, under50Ms = 0, under100Ms = 0, under500Ms = 0] = sums
        return { answers, under10Ms, under50Ms, under100Ms, under500Ms }
      })
    },
    decisionTimes: (tenantId: string, range: TimeRange): Map<number, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      return gather(cover(range), ({ minutes, fromMs, untilMs }) => times.all(no, minutes, fromMs, untilMs))
    },
  }
  return {
    sums: inSnapshot(db, reads.sums),
    breakdown: inSnapshot(db, reads.breakdown),
    answerDelays: inSnapshot(db, reads.answerDelays),
    firstChoices: inSnapshot(db, reads.firstChoices),
    deadlines: inSnapshot(db, reads.deadlines),
    decisionTimes: inSnapshot(db, reads.decisionTimes),
  }
}
