import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binOf, percentile } from '../../../../server/domain/analytics/log-bins.ts'

const binsOf = (values: readonly number[]): Map<number, number> => {
  const bins = new Map<number, number>()
  for (const value of values) bins.set(binOf(value), (bins.get(binOf(value)) ?? 0) + 1)
  return bins
}

describe('a histogram of growing bins', () => {
  it('tells every percentile at most 2 % off', () => {
    const values = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.constantFrom(0, 0.5, 0.95, 0.99, 1), (some, share) => {
        const exact = [...some].sort((a, b) => a - b)[Math.max(1, Math.ceil(some.length * share)) - 1]!
        const told = percentile(binsOf(some), share)!
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * 0.02000001)
      }),
    )
  })

  it('knows nothing of nothing, and takes nothing for at most one', () => {
    expect(percentile(new Map(), 0.5)).toBeUndefined()
    expect(percentile(binsOf([0, 0, 0]), 0.5)).toBeLessThanOrEqual(1)
  })
})
