import type { TimeZone } from '../schedules/time-zone.ts'

const minuteMs = 60_000
const mostMinutes = 10_000
/** The calendar of the platform ends there, less a day for zones. */
const lastMs = 8.64e15 - 86_400_000

const twoDigits = (value: number): string => String(value).padStart(2, '0')
const seconds = Array.from({ length: 60 }, (_second, i) => twoDigits(i))
const fractions = Array.from({ length: 1000 }, (_ms, i) => `.${String(i).padStart(3, '0')}`)

/** Offsets of some zones had seconds once, which ISO 8601 cannot say. */
const offsetMinutes = (zone: TimeZone | undefined, ms: number): number =>
  zone ? Math.round(zone.spanAt(ms).offsetMs / minuteMs) : 0

const zoneText = (zone: TimeZone | undefined, minutes: number): string => {
  if (!zone) return 'Z'
  const away = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(away / 60))}:${twoDigits(away % 60)}`
}

/**
 * Writes times as ISO 8601 to the millisecond: in UTC, or with the offset that the clocks of a zone have then. Records that lie
 * side by side share their minutes, of which each is worked out once. Null is a time that no calendar has.
 */
export const isoTimeWriter = (zone: TimeZone | undefined): ((ms: number) => string | null) => {
  const minutes = new Map<number, readonly [begin: string, end: string]>()
  return (ms) => {
    if (Math.abs(ms) > lastMs) return null
    const minute = Math.floor(ms / minuteMs)
    let text = minutes.get(minute)
    if (!text) {
      const offset = offsetMinutes(zone, ms)
      const local = new Date((minute + offset) * minuteMs).toISOString()
      if (minutes.size >= mostMinutes) minutes.clear()
      minutes.set(minute, (text = [local.slice(0, -7), zoneText(zone, offset)]))
    }
    const rest = ms - minute * minuteMs
    const second = Math.floor(rest / 1000)
    return `${text[0]}${seconds[second]}${fractions[rest - second * 1000]}${text[1]}`
  }
}
