import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketStart, cover, inQuarters, quarterMs } from '../../../../server/domain/analytics/cover.ts'

const quarters = fc.integer({ min: 0, max: 16 * 96 })

describe('a range', () => {
  it('is made up of whole buckets, each quarter of an hour in it once and no other', () => {
    fc.assert(
      fc.property(quarters, quarters, (from, length) => {
        const times = new Map<number, number>()
        for (const { minutes, fromMs, untilMs, sign } of cover({
          fromMs: from * quarterMs,
          untilMs: (from + length) * quarterMs,
        })) {
          expect([fromMs % (minutes * 60_000), untilMs % (minutes * 60_000)]).toEqual([0, 0])
          expect(untilMs).toBeGreaterThan(fromMs)
          for (let at = fromMs / quarterMs; at < untilMs / quarterMs; at += 1)
            times.set(at, (times.get(at) ?? 0) + sign)
        }
        const counted = [...times].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b)
        expect(counted).toEqual(Array.from({ length }, (_, i) => [from + i, 1]))
      }),
    )
  })

  it('takes few buckets, whatever the time zone', () => {
    const day = 86_400_000
    const most = Array.from({ length: 7 * 96 }, (_, i) => {
      const fromMs = i * quarterMs
      return cover({ fromMs, untilMs: fromMs + 30 * day }).reduce(
        (sum, stretch) => sum + (stretch.untilMs - stretch.fromMs) / (stretch.minutes * 60_000),
        0,
      )
    })
    expect(Math.max(...most)).toBeLessThanOrEqual(40)
    expect(cover({ fromMs: 2 * day, untilMs: 2 * day + quarterMs * 95 })).toEqual([
      { minutes: 1440, fromMs: 2 * day, untilMs: 3 * day, sign: 1 },
      { minutes: 15, fromMs: 3 * day - quarterMs, untilMs: 3 * day, sign: -1 },
    ])
  })

  it('is widened to whole quarters of an hour', () => {
    expect(inQuarters({ fromMs: quarterMs + 1, untilMs: 2 * quarterMs + 1 })).toEqual({
      fromMs: quarterMs,
      untilMs: 3 * quarterMs,
    })
    expect(inQuarters({ fromMs: quarterMs, untilMs: 2 * quarterMs })).toEqual({
      fromMs: quarterMs,
      untilMs: 2 * quarterMs,
    })
  })

  it('lies in buckets of each level', () => {
    const atMs = Date.UTC(2026, 0, 2, 13, 59)
    expect([15, 60, 1440].map((minutes) => new Date(bucketStart(minutes as 15, atMs)).toISOString())).toEqual([
      '2026-01-02T13:45:00.000Z',
      '2026-01-02T13:00:00.000Z',
      '2026-01-02T00:00:00.000Z',
    ])
  })
})
