import { dayNameOf, readDate, readTime } from './calendar.ts'
import type { Hours, Schedule } from './schedule.ts'
import { isTimeZone } from './time-zone.ts'

export interface ScheduleProblem {
  readonly path: string
  readonly message: string
}

interface Placed extends Hours {
  readonly path: string
  /** Which day, for the message. */
  readonly on: string
}

/** Hours end after they begin: a range past midnight could be meant by either day, so it is written as two. */
const wrongEnd = ({ from, to }: Hours): string =>
  to === '00:00'
    ? `00:00 is the beginning of the day; write 24:00 for its end`
    : `${to} is not after ${from}; hours past midnight are written as two ranges, ${from} to 24:00 and 00:00 to ${to} on the next day`

const rangeProblems = ({ path, from, to }: Placed): ScheduleProblem[] => {
  const problems: ScheduleProblem[] = []
  const fromMs = from === '24:00' ? undefined : readTime(from)
  const toMs = readTime(to)
  if (fromMs === undefined)
    problems.push({ path: `${path}/from`, message: `"${from}" is no time of day; write HH:MM, such as 09:00` })
  if (toMs === undefined)
    problems.push({
      path: `${path}/to`,
      message: `"${to}" is no time of day; write HH:MM, such as 17:30, or 24:00 for the end of the day`,
    })
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs)
    problems.push({ path: `${path}/to`, message: wrongEnd({ from, to }) })
  return problems
}

const overlaps = (ranges: readonly Placed[]): ScheduleProblem[] => {
  // Texts of this form sort like the times they name.
  const sorted = [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))
  const problems: ScheduleProblem[] = []
  let widest: Placed | undefined
  for (const range of sorted) {
    if (widest && range.from < widest.to)
      problems.push({
        path: range.path,
        message: `${range.on} ${range.from}–${range.to} overlaps ${widest.from}–${widest.to}; make one range of them`,
      })
    if (!widest || range.to > widest.to) widest = range
  }
  return problems
}

const hoursProblems = (ranges: readonly Placed[]): ScheduleProblem[] => {
  const wrong = ranges.flatMap(rangeProblems)
  return wrong.length > 0 ? wrong : overlaps(ranges)
}

/** What is wrong with a schedule, field by field, in words that say what would be right. */
export const scheduleProblems = ({
  timeZone,
  weekly,
  holidays,
}: Pick<Schedule, 'timeZone' | 'weekly' | 'holidays'>): ScheduleProblem[] => {
  const problems: ScheduleProblem[] = []
  if (!isTimeZone(timeZone))
    problems.push({
      path: '/timeZone',
      message: `"${timeZone}" is no time zone; write an IANA name such as Europe/Berlin`,
    })
  const placed = weekly.map(({ day, from, to }, i) => ({ day, from, to, path: `/weekly/${i}`, on: dayNameOf(day) }))
  for (let day = 1; day <= 7; day += 1) problems.push(...hoursProblems(placed.filter((range) => range.day === day)))
  const dates = new Set<string>()
  for (const [i, { date, open = [] }] of holidays.entries()) {
    const path = `/holidays/${i}`
    if (readDate(date) === undefined)
      problems.push({
        path: `${path}/date`,
        message: `"${date}" is no date; write YYYY-MM-DD, such as 2026-12-25`,
      })
    else if (dates.has(date))
      problems.push({ path: `${path}/date`, message: `${date} is in the list twice; name its hours in one place` })
    dates.add(date)
    problems.push(...hoursProblems(open.map((hours, n) => ({ ...hours, path: `${path}/open/${n}`, on: date }))))
  }
  return problems
}
