import type { Database } from 'better-sqlite3'
import { cover, type RollupLevel, type Stretch, type TimeRange } from '../../domain/analytics/cover.ts'
import { addAmounts, type Amounts, measures, noAmounts, type RollupDimension } from '../../domain/analytics/measures.ts'
import type { Deadlines, KeyAmounts } from '../../ports/analytics.ts'
import type { Keyring } from './keyring.ts'

const deadlineColumns = ['answers', 'under_10_ms', 'under_50_ms', 'under_100_ms', 'under_500_ms'] as const
const total = (columns: readonly string[]) => columns.map((column) => `coalesce(sum(${column}), 0)`).join(', ')

/** The starts of the buckets of a stretch, each looked up by its key: other keys of that time are not read. */
const starts = (from: string) => `
WITH RECURSIVE starts (at_ms) AS (SELECT ? UNION ALL SELECT at_ms + ? FROM starts WHERE at_ms + ? < ?)
SELECT ${from}`

const stepOf = (minutes: RollupLevel) => minutes * 60_000
const walk = ({ minutes, fromMs, untilMs }: Stretch): [number, number, number, number] => {
  const stepMs = stepOf(minutes)
  return [fromMs, stepMs, stepMs, untilMs]
}

type Counts = readonly number[]
const add = (one: Counts, other: Counts): number[] => one.map((count, i) => count + (other[i] as number))
const toAmounts = (counts: Counts): Amounts =>
  Object.fromEntries(measures.map((measure, i) => [measure, counts[i] as number])) as Record<
    (typeof measures)[number],
    number
  >

/** Reads roll-ups: any range of whole quarters of an hour, by the fewest rows that make it up. */
export const createRollupReader = (db: Database, keyring: Keyring) => {
  const sum = db
    .prepare<[...number[], string, number, string], number[]>(
      `${starts(total(measures))} FROM starts CROSS JOIN analytics_rollups r
ON r.tenant_no = ? AND r.dimension = ? AND r.minutes = ? AND r.start_ms = starts.at_ms AND r.key = ?`,
    )
    .raw()
  const byKey = db
    .prepare<[number, string, number, number, number], [string, ...number[]]>(
      `SELECT key, ${total(measures)} FROM analytics_rollups
WHERE tenant_no = ? AND dimension = ? AND minutes = ? AND start_ms >= ? AND start_ms < ? GROUP BY key`,
    )
    .raw()
  const members = db
    .prepare<[...number[], string, string], [string, number]>(
      `${starts('key, sum(calls)')} FROM starts CROSS JOIN analytics_rollups r
ON r.tenant_no = ? AND r.dimension = 'member' AND r.minutes = ? AND r.start_ms = starts.at_ms AND r.key >= ? AND r.key < ?
GROUP BY key`,
    )
    .raw()
  const delays = db
    .prepare<[...number[], string], [number, number]>(
      `${starts('bin, sum(count)')} FROM starts CROSS JOIN analytics_answer_delays d
ON d.tenant_no = ? AND d.minutes = ? AND d.start_ms = starts.at_ms AND d.key = ? GROUP BY bin`,
    )
    .raw()
  const times = db
    .prepare<[number, number, number, number], [number, number]>(
      `SELECT bin, sum(count) FROM analytics_decision_times
WHERE tenant_no = ? AND minutes = ? AND start_ms >= ? AND start_ms < ? GROUP BY bin`,
    )
    .raw()
  const kept = db
    .prepare<[number, number, number, number], number[]>(
      `SELECT ${total(deadlineColumns)} FROM analytics_deadlines
WHERE tenant_no = ? AND minutes = ? AND start_ms >= ? AND start_ms < ?`,
    )
    .raw()

  const noOf = (tenantId: string): number | undefined => keyring.find(tenantId)?.no
  const addUp = (range: TimeRange, length: number, read: (stretch: Stretch) => Counts | undefined): number[] =>
    cover(range).reduce<number[]>(
      (all, stretch) => add(all, read(stretch) as Counts),
      new Array<number>(length).fill(0),
    )
  const gather = <Key>(range: TimeRange, read: (stretch: Stretch) => [Key, number][]): Map<Key, number> => {
    const found = new Map<Key, number>()
    for (const [key, count] of cover(range).flatMap(read)) found.set(key, (found.get(key) ?? 0) + count)
    return found
  }

  return {
    sums: (tenantId: string, dimension: RollupDimension, key: string, ranges: readonly TimeRange[]): Amounts[] => {
      const no = noOf(tenantId)
      if (no === undefined) return ranges.map(() => noAmounts)
      return ranges.map((range) =>
        toAmounts(
          addUp(range, measures.length, (stretch) => sum.get(...walk(stretch), no, dimension, stretch.minutes, key)),
        ),
      )
    },
    breakdown: (tenantId: string, dimension: RollupDimension, range: TimeRange): KeyAmounts[] => {
      const no = noOf(tenantId)
      if (no === undefined) return []
      const found = new Map<string, Amounts>()
      for (const { minutes, fromMs, untilMs } of cover(range))
        for (const [key, ...counts] of byKey.all(no, dimension, minutes, fromMs, untilMs)) {
          const before = found.get(key)
          found.set(key, before ? addAmounts(before, toAmounts(counts)) : toAmounts(counts))
        }
      return [...found].map(([key, amounts]) => ({ key, amounts }))
    },
    answerDelays: (tenantId: string, provider: string | undefined, range: TimeRange): Map<number, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      return gather(range, (stretch) => delays.all(...walk(stretch), no, stretch.minutes, provider ?? ''))
    },
    firstChoices: (tenantId: string, groupId: string, range: TimeRange): Map<string, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      // The keys of a group are its id, a space, and an agent's id; `!` comes after the space.
      return gather(range, (stretch) =>
        members
          .all(...walk(stretch), no, stretch.minutes, `${groupId} `, `${groupId}!`)
          .map(([key, count]): [string, number] => [key.slice(groupId.length + 1), count]),
      )
    },
    deadlines: (tenantId: string, ranges: readonly TimeRange[]): Deadlines[] => {
      const no = noOf(tenantId)
      return ranges.map((range) => {
        const counts = addUp(no === undefined ? { fromMs: 0, untilMs: 0 } : range, deadlineColumns.length, (stretch) =>
          kept.get(no as number, stretch.minutes, stretch.fromMs, stretch.untilMs),
        )
        const [answers, under10Ms, under50Ms, under100Ms, under500Ms] = counts as [
          number,
          number,
          number,
          number,
          number,
        ]
        return { answers, under10Ms, under50Ms, under100Ms, under500Ms }
      })
    },
    decisionTimes: (tenantId: string, range: TimeRange): Map<number, number> => {
      const no = noOf(tenantId)
      if (no === undefined) return new Map()
      return gather(range, ({ minutes, fromMs, untilMs }) => times.all(no, minutes, fromMs, untilMs))
    },
  }
}
