import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyticsBuckets } from '../../../../shared/vocabulary.ts'
import { bucketsIn, periodBefore, startOfDay, weekHourAt } from '../../../../server/domain/analytics/zone-buckets.ts'
import { createTimeZones } from '../../../../server/domain/schedules/time-zone.ts'

const zones = createTimeZones()
const zone = (name: string) => zones(name)!
const berlin = zone('Europe/Berlin')
const at = (text: string): number => Date.parse(text)
const cut = (name: string, bucket: (typeof analyticsBuckets)[number], from: string, until: string): string[] =>
  bucketsIn(zone(name), bucket, { fromMs: at(from), untilMs: at(until) }, 100)!.map(({ fromMs }) =>
    new Date(fromMs).toISOString().slice(0, 16),
  )

const names = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Asia/Kathmandu', 'Africa/Cairo'],
  ...['Australia/Lord_Howe', 'Pacific/Apia', 'Pacific/Chatham', 'America/Havana'],
)
const quarterMs = 900_000
const instants = fc
  .integer({ min: Date.UTC(2005, 0) / quarterMs, max: Date.UTC(2030, 0) / quarterMs })
  .map((quarter) => quarter * quarterMs)
const lengths = fc.integer({ min: 1, max: 6 * 96 }).map((quarters) => quarters * quarterMs)

const formats = new Map<string, Intl.DateTimeFormat>()
/** As Intl tells each instant. */
const wall = (timeZone: string, atMs: number): string => {
  const known = formats.get(timeZone)
  const format = known ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  if (!known) formats.set(timeZone, format)
  return format.format(atMs)
}

describe('buckets of a time zone', () => {
  it('make up the range without gaps, in whole quarters of an hour, each within one hour, day or month of the wall', () => {
    const digits = { hour: 13, day: 10, month: 7 }
    fc.assert(
      fc.property(names, fc.constantFrom(...analyticsBuckets), instants, lengths, (name, bucket, fromMs, length) => {
        const untilMs = fromMs + length
        const buckets = bucketsIn(zone(name), bucket, { fromMs, untilMs }, 10_000)!
        expect(buckets[0]?.fromMs).toBe(fromMs)
        expect(buckets.at(-1)?.untilMs).toBe(untilMs)
        for (const [i, one] of buckets.entries()) {
          expect(one.untilMs).toBeGreaterThan(one.fromMs)
          expect(one.fromMs % quarterMs).toBe(0)
          if (i > 0) expect(one.fromMs).toBe(buckets[i - 1]?.untilMs)
          if (bucket === '15m' || bucket === 'week') continue
          const label = (atMs: number) => wall(name, atMs).slice(0, digits[bucket])
          expect(label(one.untilMs - 1)).toBe(label(one.fromMs))
          if (one.untilMs < untilMs) expect(label(one.untilMs)).not.toBe(label(one.fromMs))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('begin at midnight in the zone, on days of 23 and 25 hours too', () => {
    expect(cut('Europe/Berlin', 'day', '2026-03-27T23:00Z', '2026-03-30T22:00Z')).toEqual([
      '2026-03-27T23:00',
      '2026-03-28T23:00',
      '2026-03-29T22:00',
    ])
    expect(cut('America/New_York', 'day', '2026-10-31T04:00Z', '2026-11-03T05:00Z')).toEqual([
      '2026-10-31T04:00',
      '2026-11-01T04:00',
      '2026-11-02T05:00',
    ])
    expect(cut('Asia/Kathmandu', 'day', '2026-01-01T00:00Z', '2026-01-02T00:00Z')).toEqual([
      '2026-01-01T00:00',
      '2026-01-01T18:15',
    ])
  })

  it('take the hour that comes twice as one, and leave out the one that does not come', () => {
    expect(cut('Europe/Berlin', 'hour', '2026-10-24T23:00Z', '2026-10-25T03:00Z')).toEqual([
      '2026-10-24T23:00',
      '2026-10-25T00:00',
      '2026-10-25T02:00',
    ])
    expect(cut('Europe/Berlin', 'hour', '2026-03-29T00:00Z', '2026-03-29T03:00Z')).toHaveLength(3)
    expect(cut('Europe/Berlin', '15m', '2026-10-25T00:30Z', '2026-10-25T02:00Z')).toHaveLength(6)
  })

  it('have weeks from Monday and months of their own lengths', () => {
    expect(cut('UTC', 'week', '2026-10-01T12:00Z', '2026-10-20T00:00Z')).toEqual([
      '2026-10-01T12:00',
      '2026-10-05T00:00',
      '2026-10-12T00:00',
      '2026-10-19T00:00',
    ])
    expect(cut('Europe/Berlin', 'month', '2026-02-10T00:00Z', '2026-04-10T00:00Z')).toEqual([
      '2026-02-10T00:00',
      '2026-02-28T23:00',
      '2026-03-31T22:00',
    ])
  })

  it('are refused where there are too many', () => {
    const range = { fromMs: 0, untilMs: 10 * quarterMs }
    expect(bucketsIn(berlin, '15m', range, 10)).toHaveLength(10)
    expect(bucketsIn(berlin, '15m', range, 9)).toBeUndefined()
  })
})

describe('the start of a day', () => {
  it('is midnight, or the first instant after one that the clocks leave out', () => {
    expect(startOfDay(berlin, at('2026-10-25T20:00Z'))).toBe(at('2026-10-24T22:00Z'))
    expect(startOfDay(zone('Africa/Cairo'), at('2026-04-24T10:00Z'))).toBe(at('2026-04-23T22:00Z'))
    expect(startOfDay(zone('America/Havana'), at('2026-03-08T12:00Z'))).toBe(at('2026-03-08T05:00Z'))
  })

  it('lies on the same day, not after the instant', () => {
    fc.assert(
      fc.property(names, instants, (name, atMs) => {
        const startMs = startOfDay(zone(name), atMs)
        expect(startMs).toBeLessThanOrEqual(atMs)
        expect(wall(name, startMs).slice(0, 10)).toBe(wall(name, atMs).slice(0, 10))
      }),
    )
  })
})

describe('the period before', () => {
  it('has the same times of day', () => {
    const days = { fromMs: at('2026-03-28T23:00Z'), untilMs: at('2026-03-30T22:00Z') }
    expect(periodBefore(berlin, days)).toEqual({ fromMs: at('2026-03-26T23:00Z'), untilMs: days.fromMs })
    const today = { fromMs: at('2026-03-29T22:00Z'), untilMs: at('2026-03-30T12:00Z') }
    expect(periodBefore(berlin, today)).toEqual({ fromMs: at('2026-03-28T23:00Z'), untilMs: at('2026-03-29T12:00Z') })
    const quarter = { fromMs: at('2026-03-30T12:00Z'), untilMs: at('2026-03-30T12:15Z') }
    expect(periodBefore(berlin, quarter).fromMs).toBe(at('2026-03-29T12:00Z'))
  })

  it('ends before the range begins', () => {
    fc.assert(
      fc.property(names, instants, lengths, (name, fromMs, length) => {
        const before = periodBefore(zone(name), { fromMs, untilMs: fromMs + length })
        expect(before.untilMs).toBeLessThanOrEqual(fromMs)
        expect(before.fromMs).toBeLessThanOrEqual(before.untilMs)
      }),
    )
  })
})

describe('weekday and hour', () => {
  it('are those of the wall', () => {
    expect(weekHourAt(zone('Asia/Kathmandu'), at('2026-11-29T18:15Z'))).toEqual({ weekday: 1, hour: 0 })
    expect(weekHourAt(berlin, at('2026-10-25T01:30Z'))).toEqual({ weekday: 7, hour: 2 })
  })
})
