import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dayMs,
  dayNameOf,
  formatDate,
  formatTime,
  readDate,
  readTime,
  weekdayOf,
} from '../../../../server/domain/schedules/calendar.ts'

describe('a time of day', () => {
  it.each([
    ['00:00', 0],
    ['09:05', 32_700_000],
    ['23:59', 86_340_000],
    ['24:00', dayMs],
  ])('%s is read', (text, timeMs) => {
    expect(readTime(text)).toBe(timeMs)
    expect(formatTime(timeMs)).toBe(text)
  })

  it.each(['', '9:00', '24:01', '12:60', '09:00:00', ' 09:00', '0900', '-1:00', '٠٩:٠٠'])('%j is none', (text) => {
    expect(readTime(text)).toBeUndefined()
  })
})

describe('a date', () => {
  it.each(['1970-01-01', '2000-02-29', '2026-12-31', '9999-12-31'])('%s is read', (text) => {
    expect(formatDate(readDate(text)!)).toBe(text)
  })

  it.each(['', '2026-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-1-1', '26-01-01', '0099-01-01'])(
    '%j is none',
    (text) => expect(readDate(text)).toBeUndefined(),
  )

  it('has the weekday that everybody else gives it', () => {
    const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
    fc.assert(
      fc.property(fc.integer({ min: -800_000, max: 2_900_000 }), (day) => {
        expect(dayNameOf(weekdayOf(day))).toBe(names[new Date(day * dayMs).getUTCDay()])
      }),
    )
  })
})
