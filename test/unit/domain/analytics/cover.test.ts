import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketStart, cover, inQuarters, quarterMs } from '../../../../server/domain/analytics/cover.ts'

const quarters = fc.integer({ min: 0, max: 4 * 96 })

describe('a range', () => {
  it('is made up of whole buckets, one after the other, with days wherever a day is whole', () => {
    fc.assert(
      fc.property(quarters, quarters, (from, length) => {
        const range = { fromMs: from * quarterMs, untilMs: (from + length) * quarterMs }
        const stretches = cover(range)
        let atMs = range.fromMs
        for (const { minutes, fromMs, untilMs } of stretches) {
          expect(fromMs).toBe(atMs)
          expect([fromMs % (minutes * 60_000), untilMs % (minutes * 60_000)]).toEqual([0, 0])
          expect(untilMs).toBeGreaterThan(fromMs)
          if (minutes < 60) expect(untilMs - fromMs).toBeLessThan(7 * quarterMs)
          if (minutes < 1440) expect(untilMs - fromMs).toBeLessThan(2 * 96 * quarterMs)
          atMs = untilMs
        }
        expect(atMs).toBe(range.untilMs)
        expect(stretches.length).toBeLessThanOrEqual(5)
      }),
    )
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
