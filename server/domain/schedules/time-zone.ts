import { dayMs } from './calendar.ts'

/** A stretch of time in which the clocks of a zone are the same amount ahead of UTC. */
export interface OffsetSpan {
  readonly fromMs: number
  readonly untilMs: number
  readonly offsetMs: number
}

export interface TimeZone {
  readonly name: string
  spanAt(atMs: number): OffsetSpan
}

const blockMs = 32 * dayMs
/** No zone has changed its clocks there and back within this time since 1970. */
const stepMs = 2 * dayMs
const mostBlocks = 128

type Fields = [month: number, date: number, year: number, hour: number, minute: number, second: number]

const createFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

/** Intl throws for names it does not know, and has no other way to ask. */
const formatOf = (name: string): Intl.DateTimeFormat | undefined => {
  try {
    return createFormat(name)
  } catch {
    return undefined
  }
}

export const isTimeZone = (name: string): boolean => formatOf(name) !== undefined

/**
 * Intl takes microseconds to tell one time, so it is asked about a block of time at once and what it says is kept. A change
 * of the clocks is found to the millisecond.
 */
const createTimeZone = (name: string, format: Intl.DateTimeFormat): TimeZone => {
  const blocks = new Map<number, readonly OffsetSpan[]>()

  const offsetAt = (atMs: number): number => {
    const [month, date, year, hour, minute, second] = format.format(atMs).split(/\D+/).map(Number) as Fields
    return Date.UTC(year, month - 1, date, hour, minute, second) - Math.floor(atMs / 1000) * 1000
  }

  /** The first millisecond after `fromMs` with another offset; there is one by `untilMs`. */
  const changeBetween = (fromMs: number, untilMs: number, offsetMs: number): number => {
    let before = fromMs
    let after = untilMs
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (offsetAt(middle) === offsetMs) before = middle
      else after = middle
    }
    return after
  }

  const readBlock = (startMs: number): readonly OffsetSpan[] => {
    const spans: OffsetSpan[] = []
    let span = { fromMs: startMs, offsetMs: offsetAt(startMs) }
    for (let atMs = startMs; atMs < startMs + blockMs; atMs += stepMs) {
      const ahead = offsetAt(atMs + stepMs)
      while (span.offsetMs !== ahead) {
        const changeMs = changeBetween(Math.max(atMs, span.fromMs), atMs + stepMs, span.offsetMs)
        spans.push({ ...span, untilMs: changeMs })
        span = { fromMs: changeMs, offsetMs: offsetAt(changeMs) }
      }
    }
    spans.push({ ...span, untilMs: startMs + blockMs })
    return spans
  }

  return {
    name,
    spanAt(atMs) {
      const block = Math.floor(atMs / blockMs)
      let spans = blocks.get(block)
      if (!spans) {
        if (blocks.size >= mostBlocks) blocks.clear()
        blocks.set(block, (spans = readBlock(block * blockMs)))
      }
      let found = spans[0] as OffsetSpan
      for (const span of spans) if (span.fromMs <= atMs) found = span
      return found
    },
  }
}

/** Zones by name, each made once; undefined for a name that Intl does not know. */
export const createTimeZones = (): ((name: string) => TimeZone | undefined) => {
  const zones = new Map<string, TimeZone>()
  return (name) => {
    const known = zones.get(name)
    if (known) return known
    const format = formatOf(name)
    if (!format) return undefined
    const zone = createTimeZone(name, format)
    zones.set(name, zone)
    return zone
  }
}
