import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { level } from '../../../../../server/domain/routing/strategies/carry-over.ts'

const levelled = (...entries: [weight: number, balance: number][]): number[] => {
  const carried = entries.map(([weight, balance], i) => ({ agentId: `agent-${i}`, weight, balance }))
  level(carried)
  return carried.map(({ balance }) => balance)
}

describe('levelling balances', () => {
  it('leaves those alone that sum to zero', () => {
    expect(levelled([1, 0.5], [7, -0.5])).toEqual([0.5, -0.5])
    expect(levelled()).toEqual([])
  })

  it('takes a surplus from all in proportion to weight', () => {
    expect(levelled([1, 0.8], [3, 0])).toEqual([expect.closeTo(0.6), expect.closeTo(-0.6)])
  })

  it('takes what would push somebody beyond a call from the others', () => {
    expect(levelled([1, 1], [1, -0.9], [1, -1])).toEqual([1, expect.closeTo(-0.45), expect.closeTo(-0.55)])
  })

  it('puts a lone one at zero', () => {
    expect(levelled([5, -1])).toEqual([0])
  })

  it('ends at a sum of zero with everybody within a call, in the order they had', () => {
    const entry = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.double({ min: -1, max: 1, noNaN: true }))
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 60 }), (entries) => {
        const balances = levelled(...entries)
        expect(balances.reduce((sum, balance) => sum + balance, 0)).toBeCloseTo(0, 9)
        for (const balance of balances) expect(Math.abs(balance)).toBeLessThanOrEqual(1)
      }),
    )
  })
})
