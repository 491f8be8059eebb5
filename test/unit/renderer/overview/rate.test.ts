import { describe, expect, it } from 'vitest'
import { addSample, formatRate, ratePerSecond, type Sample } from '../../../../renderer/features/overview/rate.ts'

const after = (...samples: readonly Sample[]) => samples.reduce<readonly Sample[]>(addSample, [])

describe('a rate', () => {
  it('needs two samples a second apart', () => {
    expect(ratePerSecond(after({ atMs: 0, value: 5 }))).toBeUndefined()
    expect(ratePerSecond(after({ atMs: 0, value: 5 }, { atMs: 500, value: 6 }))).toBeUndefined()
    expect(ratePerSecond(after({ atMs: 0, value: 5 }, { atMs: 2000, value: 25 }))).toBe(10)
  })

  it('forgets what is older than its window', () => {
    expect(
      ratePerSecond(after({ atMs: 0, value: 0 }, { atMs: 20_000, value: 1000 }, { atMs: 22_000, value: 1010 })),
    ).toBe(5)
  })

  it('begins anew when the counter was restarted', () => {
    expect(after({ atMs: 0, value: 100 }, { atMs: 1000, value: 3 })).toEqual([{ atMs: 1000, value: 3 }])
  })

  it('reads well', () => {
    expect([0, 0.94, 12.4].map(formatRate)).toEqual(['0.0', '0.9', '12'])
  })
})
