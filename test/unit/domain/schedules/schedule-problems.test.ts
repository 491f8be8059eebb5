import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../../../server/domain/schedules/schedule.ts'
import { scheduleProblems } from '../../../../server/domain/schedules/schedule-problems.ts'
import { aSchedule } from '../../../support/builders.ts'

const problems = (over: Partial<Schedule>) => scheduleProblems(aSchedule(over))

describe('a schedule', () => {
  it('may be as people have them', () => {
    expect(problems({})).toEqual([])
    expect(problems({ weekly: [], holidays: [] })).toEqual([])
    const weekly = [
      { day: 1, from: '13:00', to: '24:00' },
      { day: 1, from: '09:00', to: '13:00' },
      { day: 2, from: '00:00', to: '10:00' },
    ]
    const holidays = [{ date: '2026-12-24', open: [{ from: '09:00', to: '12:00' }] }, { date: '2026-12-25' }]
    expect(problems({ weekly, holidays })).toEqual([])
  })

  it.each<[string, Partial<Schedule>, string, string]>([
    ['a zone nobody knows', { timeZone: 'Berlin' }, '/timeZone', '"Berlin" is no time zone'],
    ['a begin that is no time', { weekly: [{ day: 1, from: '9:00', to: '17:00' }] }, '/weekly/0/from', 'such as 09:00'],
    ['a begin at the end', { weekly: [{ day: 1, from: '24:00', to: '24:00' }] }, '/weekly/0/from', 'no time of day'],
    ['an end that is no time', { weekly: [{ day: 1, from: '09:00', to: '25:00' }] }, '/weekly/0/to', 'or 24:00'],
    [
      'a range past midnight',
      { weekly: [{ day: 5, from: '22:00', to: '06:00' }] },
      '/weekly/0/to',
      '06:00 is not after 22:00; hours past midnight are written as two ranges, 22:00 to 24:00 and 00:00 to 06:00 on the next day',
    ],
    ['a range of no length', { weekly: [{ day: 1, from: '09:00', to: '09:00' }] }, '/weekly/0/to', 'is not after'],
    ['midnight as an end', { weekly: [{ day: 1, from: '09:00', to: '00:00' }] }, '/weekly/0/to', 'write 24:00'],
    [
      'ranges that overlap',
      {
        weekly: [
          { day: 1, from: '11:00', to: '12:00' },
          { day: 1, from: '09:00', to: '18:00' },
          { day: 1, from: '18:00', to: '19:00' },
        ],
      },
      '/weekly/0',
      'Mon 11:00–12:00 overlaps 09:00–18:00',
    ],
    ['a date that is none', { holidays: [{ date: '2026-02-30' }] }, '/holidays/0/date', '"2026-02-30" is no date'],
    [
      'a date that is named twice',
      { holidays: [{ date: '2026-12-25' }, { date: '2026-12-25', open: [] }] },
      '/holidays/1/date',
      'in the list twice',
    ],
    [
      'hours of a holiday that are none',
      { holidays: [{ date: '2026-12-25', open: [{ from: '10:00', to: 'noon' }] }] },
      '/holidays/0/open/0/to',
      '"noon" is no time of day',
    ],
    [
      'hours of a holiday that overlap',
      {
        holidays: [
          {
            date: '2026-12-25',
            open: [
              { from: '10:00', to: '12:00' },
              { from: '10:00', to: '11:00' },
            ],
          },
        ],
      },
      '/holidays/0/open/1',
      '2026-12-25 10:00–11:00 overlaps 10:00–12:00',
    ],
  ])('is refused with %s', (_what, over, path, words) => {
    const found = problems(over)
    expect(found).toHaveLength(1)
    expect(found[0]?.path).toBe(path)
    expect(found[0]?.message).toContain(words)
  })

  it('names everything that is wrong', () => {
    const weekly = [
      { day: 1, from: 'x', to: 'y' },
      { day: 2, from: '10:00', to: '09:00' },
    ]
    expect(problems({ timeZone: 'x', weekly, holidays: [{ date: 'x' }] }).map(({ path }) => path)).toEqual([
      '/timeZone',
      '/weekly/0/from',
      '/weekly/0/to',
      '/weekly/1/to',
      '/holidays/0/date',
    ])
  })

  it('overlaps exactly when two of its ranges share a minute', () => {
    const hour = fc.integer({ min: 0, max: 24 })
    const text = (n: number) => `${String(n).padStart(2, '0')}:00`
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 1, max: 2 }), hour, hour).filter(([, from, to]) => from < to),
          { maxLength: 6 },
        ),
        (ranges) => {
          const share = ranges.some(([day, from, to], i) =>
            ranges.some(
              ([otherDay, otherFrom, otherTo], n) => n < i && day === otherDay && from < otherTo && otherFrom < to,
            ),
          )
          const weekly = ranges.map(([day, from, to]) => ({ day, from: text(from), to: text(to) }))
          expect(problems({ weekly }).length > 0).toBe(share)
        },
      ),
    )
  })
})
