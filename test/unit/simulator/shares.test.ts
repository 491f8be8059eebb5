import { describe, expect, it } from 'vitest'
import { shareByEligible, type FirstChoice } from '../../../server/simulator/shares.ts'

const group = { name: 'Reception', weights: { a: 3, b: 2, c: 1 }, maxDeviation: 1 }
const all = ['a', 'b', 'c']
let clockMs = 0
const choices = (values: string, eligible?: readonly string[]): FirstChoice[] =>
  Array.from(values, (value) => ({ value, atMs: (clockMs += 1), eligible }))

describe('shares of who was eligible', () => {
  it('are those of the weights while the set stays as it is', () => {
    const share = shareByEligible(group, choices('abacba', all))
    expect(share).toMatchObject({ firstChoices: 6, maxDeviation: 0, setChanges: 0, isWithinLimit: true })
    expect(share.members.map(({ ideal }) => ideal)).toEqual([3, 2, 1])
  })

  it('go by each set for as long as it held, in the order of time, and allow a call for each change', () => {
    const without = choices('bcb', ['b', 'c'])
    const share = shareByEligible(group, [...choices('abacba', all), ...without, ...choices('aaa', ['a'])].reverse())
    expect(share.members.map(({ firstChoices, ideal }) => [firstChoices, ideal])).toEqual([
      [6, 6],
      [4, 4],
      [2, 2],
    ])
    expect(share).toMatchObject({ setChanges: 2, maxDeviation: 0, isWithinLimit: true })
  })

  it('catch who got more than its share of one set, though the totals look as if all had been there', () => {
    const wrong = [...choices('bbbbbb', ['b', 'c']), ...choices('aaaaaaaaa', all), ...choices('ccc', all)]
    const share = shareByEligible(group, wrong)
    expect(share.setChanges).toBe(1)
    expect(share.maxDeviation).toBe(3)
    expect(share.isWithinLimit).toBe(false)
  })

  it('do not count as changes what happened in the same millisecond in an order nobody knows', () => {
    const at = (atMs: number, set: string[]): FirstChoice => ({ value: set[0]!, atMs, eligible: set })
    const sameInstant = [at(1, ['b']), at(2, ['a']), at(2, ['b']), at(2, ['a']), at(2, ['b']), at(3, ['a'])]
    expect(shareByEligible(group, sameInstant).setChanges).toBe(1)
  })

  it('count all members where nobody knows who was eligible', () => {
    expect(shareByEligible(group, choices('abacba')).members.map(({ ideal }) => ideal)).toEqual([3, 2, 1])
  })

  it('hold a choice of somebody who was not eligible against it', () => {
    const share = shareByEligible(group, choices('aa', ['b']))
    expect(share.members.map(({ deviation }) => deviation)).toEqual([2, -2, 0])
    expect(share.isWithinLimit).toBe(false)
  })

  it('without a limit nothing is too much, and without a choice there is nothing to share', () => {
    expect(shareByEligible({ name: 'x', weights: { a: 0, b: 1 } }, choices('aaa', ['a'])).isWithinLimit).toBe(true)
    expect(shareByEligible(group, [])).toMatchObject({ firstChoices: 0, setChanges: 0, maxDeviation: 0 })
  })
})
