/** How many calls come at each hour of a working day, against each other: office hours with a dip at noon. */
const byHour = [3, 2, 1, 1, 2, 5, 12, 35, 70, 95, 100, 92, 60, 68, 90, 94, 88, 70, 45, 30, 22, 16, 11, 6]
/** From Sunday. */
const byDay = [0.15, 1.08, 1, 1, 0.97, 0.9, 0.3]
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

const quarterMs = 900_000

export interface Quarter {
  readonly startMs: number
  readonly endMs: number
  /** Share of the calls, against the other quarters. */
  readonly weight: number
}

const createReader = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  })
  return (ms: number): { day: number; hour: number } => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    return {
      day: dayNames.indexOf(parts['weekday'] ?? ''),
      hour: Number(parts['hour']) + Number(parts['minute']) / 60,
    }
  }
}

/** Quarters of an hour from `startMs` until `endMs`, each with its weight by the hour and day in the time zone. */
export const quartersOf = (startMs: number, endMs: number, timeZone: string): readonly Quarter[] => {
  const read = createReader(timeZone)
  return Array.from({ length: Math.ceil((endMs - startMs) / quarterMs) }, (_, n) => {
    const from = startMs + n * quarterMs
    const to = Math.min(from + quarterMs, endMs)
    const { day, hour } = read(from)
    const before = byHour[Math.floor(hour)] ?? 0
    const after = byHour[(Math.floor(hour) + 1) % 24] ?? 0
    const ofHour = before + (after - before) * (hour % 1)
    return { startMs: from, endMs: to, weight: (byDay[day] ?? 1) * ofHour * ((to - from) / quarterMs) }
  })
}
