/** Days are counted from 1970-01-01, times in milliseconds from midnight; neither knows of time zones. */

export const dayMs = 86_400_000

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/** Monday is 1. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

export const dayNameOf = (weekday: number): string => dayNames[weekday - 1] as string

/** "HH:MM" up to "24:00"; undefined for anything else. */
export const readTime = (text: string): number | undefined => {
  const found = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text)
  if (!found) return undefined
  return found[1] === undefined ? dayMs : (Number(found[1]) * 60 + Number(found[2])) * 60_000
}

/** "YYYY-MM-DD" of a day that there is; undefined for anything else. */
export const readDate = (text: string): number | undefined => {
  const found = /^([1-9]\d{3})-(\d{2})-(\d{2})$/.exec(text)
  if (!found) return undefined
  const day = Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])) / dayMs
  return formatDate(day) === text ? day : undefined
}

const two = (n: number): string => String(n).padStart(2, '0')

export const formatTime = (timeMs: number): string =>
  `${two(Math.floor(timeMs / 3_600_000))}:${two(Math.floor(timeMs / 60_000) % 60)}`

export const formatDate = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)
