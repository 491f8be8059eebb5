import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longestNumber, readNumber } from '../../../../server/domain/numbers/read-number.ts'

const context = (country = 'US', ...known: string[]) => ({
  defaultCountry: country,
  isKnown: (number: string) =>
    known.some((one) => (one.endsWith('*') ? number.startsWith(one.slice(0, -1)) : number === one)),
})
const read = (text: string, country = 'US', ...known: string[]): string =>
  readNumber(text, context(country, ...known)).number

describe('reading a number', () => {
  it.each([
    ['+12025550100', '+12025550100'],
    ['+1 (202) 555-0100', '+12025550100'],
    ['(+1) 202.555.0100', '+12025550100'],
    ['0012025550100', '+12025550100'],
    ['00 44 20 7946 0958', '+442079460958'],
    ['tel:+1-202-555-0100', '+12025550100'],
    ['sip:+12025550100@example.cloudonix.net;user=phone', '+12025550100'],
    ['SIPS:+12025550100@host', '+12025550100'],
    ['<sip:+12025550100@host>', '+12025550100'],
    ['tel:+12025550100;ext=5', '+12025550100'],
    ['sip:1001@host', '1001'],
    ['sip:sip:bob@host', 'bob'],
    ['1001', '1001'],
    ['10-01', '1001'],
    ['anonymous', 'anonymous'],
    [' anonymous ', 'anonymous'],
    ['bob@host', 'bob@host'],
    ['+', '+'],
    ['00', '00'],
    ['---', '---'],
    ['', ''],
    ['sip:', ''],
    ['*67', '*67'],
  ])('takes %j for %j', (text, number) => {
    expect(read(text)).toBe(number)
  })

  it.each(['US', 'DE', 'GB', 'IN', 'XX'])('takes 12025550100 for +12025550100, in %s too', (country) => {
    expect(read('12025550100', country)).toBe('+12025550100')
  })

  it('takes a national number of the default country for one, and of no other', () => {
    expect(read('2025550100', 'US')).toBe('+12025550100')
    expect(read('020 7946 0958', 'GB')).toBe('+442079460958')
    expect(read('020 7946 0958', 'US')).toBe('02079460958')
  })

  it('puts + before digits that are a known number with it, valid or not', () => {
    expect(read('999001', 'US', '+999001')).toBe('+999001')
    expect(read('999001', 'US', '+9990*')).toBe('+999001')
    expect(read('999001', 'US')).toBe('999001')
  })

  it('says what came and how it was read', () => {
    expect(readNumber('00 12025550100', context())).toEqual({
      text: '00 12025550100',
      number: '+12025550100',
      how: 'international, 00 read as +',
    })
    expect(readNumber('2025550100', context()).how).toBe('national number of US')
    expect(readNumber('bob', context()).how).toBe('taken literally')
  })

  it('cuts what is longer than a number may be, and not through a character', () => {
    expect(read('x'.repeat(300))).toHaveLength(longestNumber)
    expect(read(`${'x'.repeat(254)}😀`)).toBe('x'.repeat(254))
  })

  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('+0123456789 ()-./@;?<>:siptel\u00a0\ud83d*')), maxLength: 300 }),
    fc.stringMatching(/^(sips?:|tel:)?\+?[0-9]{1,16}$/),
  )
  const contexts = fc.record({
    country: fc.constantFrom('US', 'GB', 'DE', 'ZZ'),
    known: fc.constantFrom('+1*', '+4920*', '+1001', ''),
  })

  it('never throws, stays within the length and reads its own result as it is', () => {
    fc.assert(
      fc.property(texts, contexts, (text, { country, known }) => {
        const number = read(text, country, known)
        expect(number.length).toBeLessThanOrEqual(longestNumber + 1)
        expect(read(number, country, known)).toBe(number)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes time in proportion to the length at most', () => {
    for (const piece of ['<', 'sip:', '(', '+', ' ', '@', '😀']) {
      const startedAt = performance.now()
      read(piece.repeat(200_000))
      expect(performance.now() - startedAt).toBeLessThan(1000)
    }
  })
})
