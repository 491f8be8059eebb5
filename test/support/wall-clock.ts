import type { Hours, Schedule } from '../../server/domain/schedules/schedule.ts'

/** What a schedule says, asked of Intl for one instant at a time: slow and plain. */

const formats = new Map<string, Intl.DateTimeFormat>()

export const wallClock = (timeZone: string, atMs: number) => {
  let format = formats.get(timeZone)
  if (!format)
    formats.set(
      timeZone,
      (format = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        weekday: 'short',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })),
    )
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  return {
    day: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part['weekday']!) + 1,
    date: `${part['year']}-${part['month']}-${part['day']}`,
    time: `${part['hour']}:${part['minute']}`,
  }
}

export const isOpenByTheClock = ({ timeZone, weekly, holidays }: Schedule, atMs: number): boolean => {
  const { day, date, time } = wallClock(timeZone, atMs)
  const holiday = holidays.find((one) => one.date === date)
  const hours: readonly Hours[] = holiday ? (holiday.open ?? []) : weekly.filter((one) => one.day === day)
  return hours.some(({ from, to }) => from <= time && time < to)
}
