import { dayMs, dayNameOf, formatDate, formatTime, readDate, readTime, weekdayOf } from './calendar.ts'
import type { Hours, Schedule } from './schedule.ts'
import type { TimeZone } from './time-zone.ts'

export interface ScheduleState {
  readonly isOpen: boolean
  /** When this changes; undefined when it does not as far as one looks ahead. */
  readonly untilMs: number | undefined
}

/** A schedule that answers at once: it remembers the stretch of time it was last asked about. */
export interface CompiledSchedule {
  readonly id: string
  readonly name: string
  stateAt(atMs: number): ScheduleState
  /** Undefined while it is open. */
  whyClosed(atMs: number): string | undefined
}

interface Piece {
  readonly isOpen: boolean
  readonly fromMs: number
  readonly untilMs: number
}
interface Stretch {
  /** Until when the state holds for certain. */
  readonly fromMs: number
  readonly untilMs: number
  readonly state: ScheduleState
  why?: { readonly near: string; readonly far: string }
}
interface OpenTime {
  readonly fromMs: number
  readonly toMs: number
}

const daysAhead = 400
/** As long as a weekday alone says which day is meant. */
const nearMs = 6 * dayMs

const openTimes = (hours: readonly Hours[]): readonly OpenTime[] =>
  hours
    .map(({ from, to }) => ({ fromMs: readTime(from) as number, toMs: readTime(to) as number }))
    .sort((a, b) => a.fromMs - b.fromMs)

const opening = (zone: TimeZone, atMs: number): { near: string; far: string } => {
  const localMs = atMs + zone.spanAt(atMs).offsetMs
  const day = Math.floor(localMs / dayMs)
  const time = `${formatTime(localMs - day * dayMs)} ${zone.name}`
  const name = dayNameOf(weekdayOf(day))
  return { near: `opens ${name} ${time}`, far: `opens ${name} ${formatDate(day)} ${time}` }
}

/**
 * Open is when the clock on the wall shows a time inside the hours: a time that daylight saving leaves out does not come,
 * and one that comes twice counts twice.
 */
export const compileSchedule = (
  { id, name, timeZone, weekly, holidays }: Schedule,
  zone: TimeZone | undefined,
): CompiledSchedule => {
  if (!zone) {
    const why = `its schedule ${name} has the time zone ${timeZone}, which is not known here`
    return { id, name, stateAt: () => ({ isOpen: false, untilMs: undefined }), whyClosed: () => why }
  }
  const week = [1, 2, 3, 4, 5, 6, 7].map((weekday) => openTimes(weekly.filter(({ day }) => day === weekday)))
  const special = new Map(holidays.map(({ date, open }) => [readDate(date), openTimes(open ?? [])]))

  const hoursOn = (day: number): readonly OpenTime[] =>
    special.get(day) ?? (week[weekdayOf(day) - 1] as readonly OpenTime[])

  const pieceAt = (atMs: number): Piece => {
    const span = zone.spanAt(atMs)
    const day = Math.floor((atMs + span.offsetMs) / dayMs)
    const midnightMs = day * dayMs - span.offsetMs
    const timeMs = atMs - midnightMs
    const piece = (isOpen: boolean, fromMs: number, toMs: number): Piece => ({
      isOpen,
      fromMs: Math.max(span.fromMs, midnightMs + fromMs),
      untilMs: Math.min(span.untilMs, midnightMs + toMs),
    })
    let closedMs = 0
    for (const { fromMs, toMs } of hoursOn(day)) {
      if (timeMs < fromMs) return piece(false, closedMs, fromMs)
      if (timeMs < toMs) return piece(true, fromMs, toMs)
      closedMs = toMs
    }
    return piece(false, closedMs, dayMs)
  }

  const lookUp = (atMs: number): Stretch => {
    const { isOpen, fromMs, untilMs: endsMs } = pieceAt(atMs)
    let untilMs = endsMs
    while (untilMs < endsMs + daysAhead * dayMs) {
      const next = pieceAt(untilMs)
      if (next.isOpen !== isOpen) return { fromMs, untilMs, state: { isOpen, untilMs } }
      untilMs = next.untilMs
    }
    // The answer looks as far ahead from every instant, so this one is for this piece alone.
    return { fromMs, untilMs: endsMs, state: { isOpen, untilMs: undefined } }
  }

  let last: Stretch | undefined
  const stretchAt = (atMs: number): Stretch =>
    last && atMs >= last.fromMs && atMs < last.untilMs ? last : (last = lookUp(atMs))

  const reasons = ({ state: { untilMs } }: Stretch): { near: string; far: string } => {
    const outside = `outside its schedule ${name}`
    if (untilMs === undefined) {
      const never = `${outside} (does not open in the next ${daysAhead} days)`
      return { near: never, far: never }
    }
    const { near, far } = opening(zone, untilMs)
    return { near: `${outside} (${near})`, far: `${outside} (${far})` }
  }

  return {
    id,
    name,
    stateAt: (atMs) => stretchAt(atMs).state,
    whyClosed(atMs) {
      const stretch = stretchAt(atMs)
      if (stretch.state.isOpen) return undefined
      const { near, far } = (stretch.why ??= reasons(stretch))
      return stretch.state.untilMs === undefined || stretch.state.untilMs - atMs <= nearMs ? near : far
    },
  }
}
