import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeZones, isTimeZone } from '../../../../server/domain/schedules/time-zone.ts'
import { formatDate, formatTime } from '../../../../server/domain/schedules/calendar.ts'
import { wallClock } from '../../../support/wall-clock.ts'

const zoneOf = createTimeZones()
const offsetHours = (name: string, at: string) => zoneOf(name)!.spanAt(Date.parse(at)).offsetMs / 3_600_000

describe('a time zone', () => {
  it('is one that Intl knows', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true)
    expect(['Europe/Berlino', '', 'CEST', ' UTC'].map(isTimeZone)).toEqual([false, false, false, false])
    expect(zoneOf('Mars/Olympus')).toBeUndefined()
    expect(zoneOf('UTC')).toBe(zoneOf('UTC'))
  })

  it.each([
    ['Europe/Berlin', '2026-01-15T00:00:00Z', 1],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 1],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 2],
    ['Asia/Kathmandu', '2026-01-15T00:00:00Z', 5.75],
    ['America/St_Johns', '2026-07-15T00:00:00Z', -2.5],
    ['Australia/Lord_Howe', '2026-04-04T14:59:59.999Z', 11],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 10.5],
    ['Pacific/Chatham', '2026-01-15T00:00:00Z', 13.75],
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', -10],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', 14],
    ['America/New_York', '1970-01-01T00:00:00Z', -5],
  ])('%s is at %s ahead by %f hours', (name, at, hours) => {
    expect(offsetHours(name, at)).toBe(hours)
  })

  it('goes on being right when it has been asked about more than it remembers', () => {
    const zone = createTimeZones()('Europe/Berlin')!
    const months = Array.from({ length: 300 }, (_, n) => Date.UTC(2000, n, 15))
    const ask = () => months.map((atMs) => zone.spanAt(atMs).offsetMs)
    const first = ask()
    expect(new Set(first)).toEqual(new Set([3_600_000, 7_200_000]))
    expect(ask()).toEqual(first)
  })

  it('has spans that follow one another and tell the time that Intl tells', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: 0, max: 2_500_000_000 }).map((seconds) => seconds * 1000),
        (name, atMs) => {
          const span = zoneOf(name)!.spanAt(atMs)
          expect(span.fromMs <= atMs && atMs < span.untilMs).toBe(true)
          expect(zoneOf(name)!.spanAt(span.untilMs).fromMs).toBe(span.untilMs)
          for (const oneMs of [span.fromMs, atMs, span.untilMs - 1]) {
            const { date, time } = wallClock(name, oneMs)
            const localMs = oneMs + span.offsetMs
            const day = Math.floor(localMs / 86_400_000)
            expect([formatDate(day), formatTime(localMs - day * 86_400_000)]).toEqual([date, time])
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
