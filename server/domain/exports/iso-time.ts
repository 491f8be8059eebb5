import type { TimeZone } from '../schedules/time-zone.ts'

const minuteMs = 60_000
const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** Writes times as ISO 8601 to the millisecond: in UTC, or with the offset that the clocks of a zone have then. */
export const isoTimeWriter = (zone: TimeZone | undefined): ((ms: number) => string) => {
  if (!zone) return (ms) => new Date(ms).toISOString()
  return (ms) => {
    // Offsets of some zones had seconds once, which ISO 8601 cannot say.
    const minutes = Math.round(zone.spanAt(ms).offsetMs / minuteMs)
    const local = new Date(ms + minutes * minuteMs).toISOString().slice(0, -1)
    const away = Math.abs(minutes)
    return `${local}${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(away / 60))}:${twoDigits(away % 60)}`
  }
}
