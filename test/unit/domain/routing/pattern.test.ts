import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPattern, matches, parsePattern } from '../../../../server/domain/routing/pattern.ts'
import { aPattern } from '../../../support/builders.ts'

describe('a pattern', () => {
  it.each([
    ['+12025550100', { kind: 'exact', value: '+12025550100' }],
    ['+1 (202) 555-0100', { kind: 'exact', value: '+12025550100' }],
    ['+1202*', { kind: 'prefix', value: '+1202' }],
    ['+1 202 *', { kind: 'prefix', value: '+1202' }],
    ['+*', { kind: 'prefix', value: '+' }],
    ['*', { kind: 'any' }],
    [' * ', { kind: 'any' }],
    ['anonymous', { kind: 'exact', value: 'anonymous' }],
    ['anon*', { kind: 'prefix', value: 'anon' }],
    ['1001', { kind: 'exact', value: '1001' }],
  ])('%j is read', (text, pattern) => {
    expect(parsePattern(text)).toEqual(pattern)
  })

  it.each([
    ['', 'is empty; write a number (+12025550100)'],
    ['  ', 'is empty'],
    ['()', 'is empty'],
    ['+1*2', 'only a last * has a meaning, as in +1*'],
    ['**', 'only a last * has a meaning'],
    ['0044*', 'write the international form +44*'],
    ['004420', 'write the international form +4420'],
    ['+12a', 'after + only digits may follow'],
    ['+', 'write +* for every international number'],
    ['two words', 'contains white space'],
  ])('%j is refused with the way out', (text, message) => {
    expect(parsePattern(text)).toContain(message)
  })

  it('matches exactly, by its beginning, or anything', () => {
    expect(matches(aPattern('+1202'), '+1202')).toBe(true)
    expect(matches(aPattern('+1202'), '+12025')).toBe(false)
    expect(matches(aPattern('+1202*'), '+12025')).toBe(true)
    expect(matches(aPattern('+1202*'), '+1303')).toBe(false)
    expect(matches(aPattern('*'), '')).toBe(true)
  })

  it('means the same with blanks around it', () => {
    expect(parsePattern(' -9* ')).toEqual(parsePattern('-9*'))
    expect(parsePattern(' +1202* ')).toEqual(parsePattern('+1202*'))
  })

  it('is written as it is read', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('+0123456789* (a-')) }), (text) => {
        const pattern = parsePattern(text)
        if (typeof pattern !== 'string') expect(parsePattern(formatPattern(pattern))).toEqual(pattern)
      }),
    )
  })
})
