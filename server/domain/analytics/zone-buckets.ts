import { dayMs, weekdayOf } from '../schedules/calendar.ts'
import type { TimeZone } from '../schedules/time-zone.ts'
import type { AnalyticsBucket } from '../../../shared/vocabulary.ts'
import { quarterMs, type TimeRange } from './cover.ts'

/** What the clock on the wall shows, in milliseconds as if it were UTC. */
const wallAt = (zone: TimeZone, atMs: number): number => atMs + zone.spanAt(atMs).offsetMs

/**
 * The first instant, from one on, at which the clock on the wall shows a time or a later one: the change itself where the
 * clocks leave that time out. Roll-ups know quarters of an hour, and so do all zones since 1972.
 */
const instantOf = (zone: TimeZone, wallMs: number, notBeforeMs: number): number => {
  let span = zone.spanAt(notBeforeMs)
  while (wallMs - span.offsetMs >= span.untilMs) span = zone.spanAt(span.untilMs)
  return Math.ceil(Math.max(wallMs - span.offsetMs, span.fromMs) / quarterMs) * quarterMs
}

/** From when on no wall shows a time yet. */
const longBefore = (wallMs: number): number => wallMs - 2 * dayMs

const endOfWeek = (wallMs: number): number => {
  const day = Math.floor(wallMs / dayMs)
  return (day + 8 - weekdayOf(day)) * dayMs
}

const endOfMonth = (wallMs: number): number => {
  const date = new Date(wallMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

const endOf = (stepMs: number) => (wallMs: number) => (Math.floor(wallMs / stepMs) + 1) * stepMs

/** What the wall shows when the next bucket begins. */
const ends: Readonly<Record<Exclude<AnalyticsBucket, '15m'>, (wallMs: number) => number>> = {
  hour: endOf(4 * quarterMs),
  day: endOf(dayMs),
  week: endOfWeek,
  month: endOfMonth,
}

/**
 * A range cut where hours, days, weeks (from Monday) or months begin in a zone. When the clocks go back, the hour that comes twice is
 * one bucket of two hours and its day has 25; the first and the last bucket may be cut short by the range. At most `most` of them:
 * undefined where there are more.
 */
export const bucketsIn = (
  zone: TimeZone,
  bucket: AnalyticsBucket,
  { fromMs, untilMs }: TimeRange,
  most: number,
): TimeRange[] | undefined => {
  const found: TimeRange[] = []
  for (let atMs = fromMs; atMs < untilMs;) {
    if (found.length === most) return undefined
    const nextMs = bucket === '15m' ? atMs + quarterMs : instantOf(zone, ends[bucket](wallAt(zone, atMs)), atMs)
    found.push({ fromMs: atMs, untilMs: Math.min(nextMs, untilMs) })
    atMs = nextMs
  }
  return found
}

/** Midnight, or the first instant after it that the day has. */
export const startOfDay = (zone: TimeZone, atMs: number): number => {
  const wallMs = Math.floor(wallAt(zone, atMs) / dayMs) * dayMs
  return instantOf(zone, wallMs, longBefore(wallMs))
}

const daysEarlier = (zone: TimeZone, atMs: number, days: number): number => {
  const wallMs = wallAt(zone, atMs) - days * dayMs
  return instantOf(zone, wallMs, longBefore(wallMs))
}

/**
 * The period to compare a range with: the same times of day, the fewest whole days earlier that keep them apart. So 30 days
 * compare with the 30 days before, and today until now with yesterday until the same time, whatever the clocks did.
 */
export const periodBefore = (zone: TimeZone, { fromMs, untilMs }: TimeRange): TimeRange => {
  const days = Math.max(1, Math.ceil((wallAt(zone, untilMs) - wallAt(zone, fromMs)) / dayMs))
  return { fromMs: daysEarlier(zone, fromMs, days), untilMs: daysEarlier(zone, untilMs, days) }
}

/** Monday is 1, midnight 0. */
export const weekHourAt = (zone: TimeZone, atMs: number): { readonly weekday: number; readonly hour: number } => {
  const wallMs = wallAt(zone, atMs)
  const day = Math.floor(wallMs / dayMs)
  return { weekday: weekdayOf(day), hour: Math.floor((wallMs - day * dayMs) / 3_600_000) }
}
