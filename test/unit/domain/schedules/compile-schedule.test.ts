import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSchedule } from '../../../../server/domain/schedules/compile-schedule.ts'
import type { Hours, Schedule } from '../../../../server/domain/schedules/schedule.ts'
import { createTimeZones } from '../../../../server/domain/schedules/time-zone.ts'
import { aCompiledSchedule, aSchedule } from '../../../support/builders.ts'
import { isOpenByTheClock, wallClock } from '../../../support/wall-clock.ts'

const at = (text: string) => Date.parse(text)
const everyDay = (from: string, to: string) => [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from, to }))
/** The next changes from an instant on, in UTC. */
const changes = (over: Partial<Schedule>, from: string, count: number): string[] => {
  const schedule = aCompiledSchedule(over)
  const found: string[] = []
  for (let atMs = at(from); found.length < count;) {
    const { untilMs } = schedule.stateAt(atMs)
    if (untilMs === undefined) break
    found.push(
      `${schedule.stateAt(untilMs).isOpen ? 'opens' : 'closes'} ${new Date(untilMs).toISOString().slice(0, 16)}`,
    )
    atMs = untilMs
  }
  return found
}

describe('a schedule', () => {
  it('is open from the first to before the last minute of its hours', () => {
    const schedule = aCompiledSchedule()
    expect(
      ['06:59:59.999', '07:00:00.000', '14:59:59.999', '15:00:00.000'].map(
        (time) => schedule.stateAt(at(`2026-06-01T${time}Z`)).isOpen,
      ),
    ).toEqual([false, true, true, false])
    expect(schedule).toMatchObject({ id: 'schedule-1', name: 'Office hours' })
  })

  it('says why it is closed and when it opens, with the date where the weekday alone would not tell', () => {
    const schedule = aCompiledSchedule({ holidays: [1, 2, 3, 4, 5].map((n) => ({ date: `2026-06-0${n}` })) })
    expect(schedule.whyClosed(at('2026-05-29T12:00Z'))).toBeUndefined()
    expect(schedule.whyClosed(at('2026-05-29T15:00Z'))).toBe(
      'outside its schedule Office hours (opens Mon 2026-06-08 09:00 Europe/Berlin)',
    )
    expect(schedule.whyClosed(at('2026-06-07T15:00Z'))).toBe(
      'outside its schedule Office hours (opens Mon 09:00 Europe/Berlin)',
    )
    expect(schedule.whyClosed(at('2026-06-08T06:59Z'))).toContain('opens Mon 09:00')
    expect(schedule.whyClosed(at('2026-06-08T07:00Z'))).toBeUndefined()
  })

  it('may never open, and never close', () => {
    const never = aCompiledSchedule({ weekly: [] })
    expect(never.stateAt(at('2026-06-01T12:00Z'))).toEqual({ isOpen: false, untilMs: undefined })
    expect(never.whyClosed(at('2026-06-01T12:00Z'))).toBe(
      'outside its schedule Office hours (does not open in the next 400 days)',
    )
    const always = aCompiledSchedule({ weekly: everyDay('00:00', '24:00') })
    expect(always.stateAt(at('2026-06-01T12:00Z'))).toEqual({ isOpen: true, untilMs: undefined })
    expect(always.whyClosed(at('2026-06-01T12:00Z'))).toBeUndefined()
  })

  it('of a zone that is not known here is closed, and says so', () => {
    const lost = aCompiledSchedule({ timeZone: 'Mars/Olympus' })
    expect(lost.stateAt(at('2026-06-01T12:00Z'))).toEqual({ isOpen: false, untilMs: undefined })
    expect(lost.whyClosed(0)).toBe('its schedule Office hours has the time zone Mars/Olympus, which is not known here')
  })

  it('goes through midnight where one range ends and the next begins', () => {
    const weekly = [
      { day: 2, from: '00:00', to: '06:00' },
      { day: 1, from: '22:00', to: '24:00' },
    ]
    expect(changes({ weekly }, '2026-06-01T12:00Z', 2)).toEqual(['opens 2026-06-01T20:00', 'closes 2026-06-02T04:00'])
  })

  it('is closed on holidays, or open at their own hours', () => {
    const holidays = [
      { date: '2026-12-25' },
      { date: '2026-12-26', open: [{ from: '10:00', to: '12:00' }] },
      { date: '2026-12-28', open: [] },
    ]
    expect(changes({ holidays }, '2026-12-24T12:00Z', 4)).toEqual([
      'closes 2026-12-24T16:00',
      'opens 2026-12-26T09:00',
      'closes 2026-12-26T11:00',
      'opens 2026-12-29T08:00',
    ])
  })

  it('takes its hours in any order', () => {
    const weekly = [
      { day: 1, from: '14:00', to: '15:00' },
      { day: 1, from: '09:00', to: '10:00' },
    ]
    expect(changes({ weekly }, '2026-06-01T00:00Z', 3)).toEqual([
      'opens 2026-06-01T07:00',
      'closes 2026-06-01T08:00',
      'opens 2026-06-01T12:00',
    ])
  })
})

describe('when the clocks change', () => {
  it.each<[string, Partial<Schedule>, string, string[]]>([
    [
      'hours that are left out do not come',
      { weekly: everyDay('02:00', '03:00') },
      '2026-03-28T12:00Z',
      ['opens 2026-03-30T00:00', 'closes 2026-03-30T01:00'],
    ],
    [
      'hours that begin inside what is left out begin after it',
      { weekly: everyDay('02:30', '04:00') },
      '2026-03-28T12:00Z',
      ['opens 2026-03-29T01:00', 'closes 2026-03-29T02:00'],
    ],
    [
      'hours that end inside what is left out end before it',
      { weekly: everyDay('01:00', '02:30') },
      '2026-03-28T12:00Z',
      ['opens 2026-03-29T00:00', 'closes 2026-03-29T01:00'],
    ],
    [
      'hours that come twice are open twice',
      { weekly: everyDay('02:15', '02:45') },
      '2026-10-24T12:00Z',
      ['opens 2026-10-25T00:15', 'closes 2026-10-25T00:45', 'opens 2026-10-25T01:15', 'closes 2026-10-25T01:45'],
    ],
    [
      'hours around what comes twice are an hour longer',
      { weekly: everyDay('01:00', '04:00') },
      '2026-10-24T12:00Z',
      ['opens 2026-10-24T23:00', 'closes 2026-10-25T03:00'],
    ],
    [
      'by half an hour only, hours may come twice in one stretch',
      { timeZone: 'Australia/Lord_Howe', weekly: everyDay('01:30', '02:00') },
      '2026-04-04T12:00Z',
      ['opens 2026-04-04T14:30', 'closes 2026-04-04T15:30'],
    ],
    [
      'in the south, spring is in October',
      { timeZone: 'Australia/Sydney', weekly: everyDay('02:30', '03:30') },
      '2026-10-03T12:00Z',
      ['opens 2026-10-03T16:00', 'closes 2026-10-03T16:30', 'opens 2026-10-04T15:30'],
    ],
    [
      'in Troll, by two hours',
      { timeZone: 'Antarctica/Troll', weekly: everyDay('01:00', '03:00') },
      '2026-03-28T12:00Z',
      ['opens 2026-03-29T23:00', 'closes 2026-03-30T01:00'],
    ],
    [
      'a day that the date line takes away is no day',
      {
        timeZone: 'Pacific/Apia',
        weekly: [
          { day: 4, from: '08:00', to: '24:00' },
          { day: 5, from: '00:00', to: '12:00' },
          { day: 6, from: '00:00', to: '12:00' },
        ],
        holidays: [{ date: '2011-12-30' }],
      },
      '2011-12-29T12:00Z',
      ['opens 2011-12-29T18:00', 'closes 2011-12-30T22:00'],
    ],
    [
      'a zone of quarter hours has none to change',
      { timeZone: 'Asia/Kathmandu', weekly: everyDay('09:00', '17:00') },
      '2026-03-29T00:00Z',
      ['opens 2026-03-29T03:15', 'closes 2026-03-29T11:15'],
    ],
  ])('%s', (_name, over, from, expected) => {
    expect(changes(over, from, expected.length)).toEqual(expected)
  })
})

describe('a compiled schedule', () => {
  const zoneOf = createTimeZones()
  const clockText = (quarter: number) =>
    `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
  const hoursOfDay: fc.Arbitrary<Hours[]> = fc
    .uniqueArray(fc.integer({ min: 0, max: 96 }), { maxLength: 6 })
    .map((quarters) => {
      const sorted = quarters.sort((a, b) => a - b)
      const hours: Hours[] = []
      for (let i = 0; i + 1 < sorted.length; i += 2)
        hours.push({ from: clockText(sorted[i]!), to: clockText(sorted[i + 1]!) })
      return hours
    })
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'America/St_Johns',
    'America/Sao_Paulo',
    'America/Santiago',
    'Africa/Casablanca',
    'Africa/Cairo',
    'Asia/Kathmandu',
    'Asia/Kolkata',
    'Asia/Tehran',
    'Australia/Sydney',
    'Australia/Adelaide',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
    'Pacific/Apia',
    'Pacific/Chatham',
    'Pacific/Kiritimati',
    'Pacific/Auckland',
    'UTC',
  ]
  const minuteMs = 60_000
  /** Around a change of the clocks where there is one near. */
  const scene = fc
    .record({
      timeZone: fc.oneof(fc.constantFrom(...zones), fc.constantFrom(...Intl.supportedValuesOf('timeZone'))),
      someMs: fc.integer({ min: Date.UTC(1972, 1) / minuteMs, max: Date.UTC(2037, 0) / minuteMs }),
      minutes: fc.array(fc.integer({ min: -2880, max: 2880 }), { minLength: 1, maxLength: 6 }),
      week: fc.array(hoursOfDay, { minLength: 7, maxLength: 7 }),
      holidays: fc.array(
        fc.record({ daysAway: fc.integer({ min: -2, max: 3 }), open: fc.option(hoursOfDay, { nil: undefined }) }),
        { maxLength: 3 },
      ),
    })
    .map(({ timeZone, someMs, minutes, week, holidays }) => {
      const changeMs = zoneOf(timeZone)!.spanAt(someMs * minuteMs).untilMs
      const dates = new Map(
        holidays.map(({ daysAway, open }) => [wallClock(timeZone, changeMs + daysAway * 86_400_000).date, open]),
      )
      const schedule = aSchedule({
        timeZone,
        weekly: week.flatMap((hours, i) => hours.map((one) => ({ ...one, day: i + 1 }))),
        holidays: [...dates].map(([date, open]) => ({ date, open })),
      })
      return { schedule, instants: minutes.map((minute) => changeMs + minute * minuteMs) }
    })

  it('is open when the clock on the wall says so, and changes when it says', () => {
    fc.assert(
      fc.property(scene, ({ schedule, instants }) => {
        const compiled = compileSchedule(schedule, zoneOf(schedule.timeZone))
        for (const atMs of instants) {
          const { isOpen, untilMs } = compiled.stateAt(atMs)
          expect(isOpen).toBe(isOpenByTheClock(schedule, atMs))
          expect(compiled.whyClosed(atMs) === undefined).toBe(isOpen)
          const endMs = Math.min(untilMs ?? Infinity, atMs + 600 * minuteMs)
          for (let oneMs = atMs; oneMs < endMs; oneMs += minuteMs)
            if (isOpenByTheClock(schedule, oneMs) !== isOpen) throw new Error(`changed before it said, at ${oneMs}`)
          if (untilMs === undefined) continue
          expect([isOpenByTheClock(schedule, untilMs - 1), isOpenByTheClock(schedule, untilMs)]).toEqual([
            isOpen,
            !isOpen,
          ])
        }
      }),
      { numRuns: 400 },
    )
  })

  it('says the same whatever it was asked before', () => {
    fc.assert(
      fc.property(scene, ({ schedule, instants }) => {
        const zone = zoneOf(schedule.timeZone)
        const used = compileSchedule(schedule, zone)
        for (const atMs of [...instants, ...instants.toReversed()]) {
          const fresh = compileSchedule(schedule, zone)
          expect([used.whyClosed(atMs), used.stateAt(atMs)]).toEqual([fresh.whyClosed(atMs), fresh.stateAt(atMs)])
        }
      }),
      { numRuns: 200 },
    )
  })
})
