import { dayMs } from '../schedules/calendar.ts'

export const quarterMs = 900_000

/** How long the buckets of the roll-ups are, in minutes of UTC; each level holds whole buckets of the one before. */
export const rollupLevels = [15, 60, 1440] as const
export type RollupLevel = (typeof rollupLevels)[number]

export interface TimeRange {
  readonly fromMs: number
  readonly untilMs: number
}

/** Neighbouring buckets of one level. */
export interface Stretch extends TimeRange {
  readonly minutes: RollupLevel
}

const fill = (level: number, fromMs: number, untilMs: number): Stretch[] => {
  if (fromMs >= untilMs) return []
  const minutes = rollupLevels[level] as RollupLevel
  if (level === 0) return [{ minutes, fromMs, untilMs }]
  const stepMs = minutes * 60_000
  const inside = { fromMs: Math.ceil(fromMs / stepMs) * stepMs, untilMs: Math.floor(untilMs / stepMs) * stepMs }
  if (inside.fromMs >= inside.untilMs) return fill(level - 1, fromMs, untilMs)
  return [
    ...fill(level - 1, fromMs, inside.fromMs),
    { minutes, ...inside },
    ...fill(level - 1, inside.untilMs, untilMs),
  ]
}

/** The fewest buckets that make up a range of whole quarters of an hour: days inside, hours and quarters at its edges. */
export const cover = ({ fromMs, untilMs }: TimeRange): Stretch[] => fill(rollupLevels.length - 1, fromMs, untilMs)

/** The range of whole quarters that holds another one. */
export const inQuarters = ({ fromMs, untilMs }: TimeRange): TimeRange => ({
  fromMs: Math.floor(fromMs / quarterMs) * quarterMs,
  untilMs: Math.ceil(untilMs / quarterMs) * quarterMs,
})

/** Where the bucket of a level begins that holds an instant. */
export const bucketStart = (minutes: RollupLevel, atMs: number): number => {
  const stepMs = minutes * 60_000
  return Math.floor(atMs / stepMs) * stepMs
}

export const longestRangeMs = 400 * dayMs
