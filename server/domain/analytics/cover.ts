import { dayMs } from '../schedules/calendar.ts'

export const quarterMs = 900_000

/** How long the buckets of the roll-ups are, in minutes: a quarter, an hour, a UTC day, seven of them. Each holds whole ones of before. */
export const rollupLevels = [15, 60, 1440, 10_080] as const
export type RollupLevel = (typeof rollupLevels)[number]

export interface TimeRange {
  readonly fromMs: number
  readonly untilMs: number
}

/** Neighbouring buckets of one level, to be added or taken away. */
export interface Stretch extends TimeRange {
  readonly minutes: RollupLevel
  readonly sign: 1 | -1
}

/** Where the bucket of a level begins that holds an instant. */
export const bucketStart = (minutes: RollupLevel, atMs: number): number => {
  const stepMs = minutes * 60_000
  return Math.floor(atMs / stepMs) * stepMs
}

const buckets = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { minutes, fromMs, untilMs }) => sum + (untilMs - fromMs) / (minutes * 60_000), 0)

const takenAway = (stretches: readonly Stretch[]): Stretch[] =>
  stretches.map((stretch) => ({ ...stretch, sign: stretch.sign === 1 ? -1 : 1 }))

/** A part of one bucket: by what is in it, or by the whole without the rest. */
const partOf = (level: number, fromMs: number, untilMs: number): Stretch[] => {
  const minutes = rollupLevels[level] as RollupLevel
  const startMs = bucketStart(minutes, fromMs)
  const whole: Stretch = { minutes, fromMs: startMs, untilMs: startMs + minutes * 60_000, sign: 1 }
  const inside = fill(level - 1, fromMs, untilMs)
  const rest = [...fill(level - 1, startMs, fromMs), ...fill(level - 1, untilMs, whole.untilMs)]
  return buckets(rest) + 1 < buckets(inside) ? [whole, ...takenAway(rest)] : inside
}

const fill = (level: number, fromMs: number, untilMs: number): Stretch[] => {
  if (fromMs >= untilMs) return []
  const minutes = rollupLevels[level] as RollupLevel
  if (level === 0) return [{ minutes, fromMs, untilMs, sign: 1 }]
  const firstMs = bucketStart(minutes, fromMs + minutes * 60_000 - 1)
  const lastMs = bucketStart(minutes, untilMs)
  if (firstMs > lastMs) return partOf(level, fromMs, untilMs)
  const inside: Stretch[] = firstMs < lastMs ? [{ minutes, fromMs: firstMs, untilMs: lastMs, sign: 1 }] : []
  return [
    ...(fromMs < firstMs ? partOf(level, fromMs, firstMs) : []),
    ...inside,
    ...(lastMs < untilMs ? partOf(level, lastMs, untilMs) : []),
  ]
}

/**
 * The fewest buckets that make up a range of whole quarters of an hour: weeks and days inside, hours and quarters at its edges, and
 * the whole without the rest where that is less.
 */
export const cover = ({ fromMs, untilMs }: TimeRange): Stretch[] => fill(rollupLevels.length - 1, fromMs, untilMs)

/** The range of whole quarters that holds another one. */
export const inQuarters = ({ fromMs, untilMs }: TimeRange): TimeRange => ({
  fromMs: Math.floor(fromMs / quarterMs) * quarterMs,
  untilMs: Math.ceil(untilMs / quarterMs) * quarterMs,
})

export const longestRangeMs = 400 * dayMs
