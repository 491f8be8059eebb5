import { describe, expect, it } from 'vitest'
import { createNumberFinder } from '../../../../server/domain/numbers/number-finder.ts'

const finder = createNumberFinder('+12025550123', { country: 'US' })

describe('a number in texts', () => {
  it.each([
    '+12025550123',
    '12025550123',
    '0012025550123',
    '01112025550123',
    'tel:+1-202-555-0123',
    'sip:+12025550123@example.com;user=phone',
    '<sip:12025550123@example.com>',
    '+1 (202) 555-0123',
    '+1.202.555.0123',
    'From=%2B12025550123&To=',
    'From=%252B12025550123',
    'From=%2B1%20%28202%29%20555%2D0123',
    'From=+1+202+555+0123',
    'From=%2012025550123',
    String.raw`{"From":"\u002b12025550123"}`,
    String.raw`{"From":"\u002012025550123"}`,
    String.raw`1\u00a0202\u00a0555\u00a00123`,
    '+1 202‑555‑0123',
    '2025550123',
    '(202) 555-0123',
  ])('is found in %s', (text) => {
    expect(finder.holds(text)).toBe(true)
    expect(finder.replace(text, 'anon')).not.toMatch(/0123/)
    expect(finder.holds(finder.replace(text, 'anon'))).toBe(false)
  })

  it.each([
    '+2025550123',
    '%2B2025550123',
    '002025550123',
    '+120255501234',
    '+912025550123',
    '991202555012',
    '+12025550124',
    '',
  ])('is not found in %s, which is another one', (text) => {
    expect(finder.holds(text)).toBe(false)
    expect(finder.replace(text, 'anon')).toBe(text)
  })

  it('takes what stands around it as it is', () => {
    expect(finder.replace('a=%2B12025550123&b=tel:+12025550123.', '$&')).toBe('a=$&&b=tel:$&.')
  })

  it('gives way to a JSON string where it was a JSON number', () => {
    const payload = JSON.stringify({ from: 12025550123, to: '12025550123' })
    expect(finder.replace(payload, 'anon')).toBe(JSON.stringify({ from: 'anon', to: 'anon' }))
    const nested = JSON.stringify({ payload })
    expect(finder.replace(nested, 'anon')).toBe(
      JSON.stringify({ payload: JSON.stringify({ from: 'anon', to: 'anon' }) }),
    )
  })

  it('is found as it is dialled in its own country alone', () => {
    expect(createNumberFinder('+493012345678', { country: 'DE' }).holds('"030 12345678"')).toBe(true)
    expect(createNumberFinder('+493012345678', { country: 'US' }).holds('"030 12345678"')).toBe(false)
    expect(createNumberFinder('+999123456', { country: 'US' }).holds('00999123456')).toBe(true)
  })

  it.each([
    // In a country with the same calling code it is dialled alike.
    ['+12025550123', 'CA', '(202) 555-0123'],
    ['+441481712345', 'GB', '01481 712345'],
    // Not every country puts a 0 before its numbers, or 00 before those of others.
    ['+74951234567', 'RU', '8 (495) 123-45-67'],
    ['+74951234567', 'RU', '84951234567'],
    ['+12025550123', 'AU', '0011 1 202 555 0123'],
    ['+12025550123', 'JP', '01012025550123'],
    ['+12025550123', 'XX', '0012025550123'],
    // As letterheads have it.
    ['+493012345678', 'US', '+49 (0)30 12345678'],
    ['+493012345678', 'DE', '+49 (0) 30 / 123 456 78'],
    ['+493012345678', 'US', '0049(0)3012345678'],
    // In texts within texts.
    ['+12025550123', 'US', String.raw`{"a":"1\/202\/555\/0123"}`],
    ['+12025550123', 'US', 'a=1%C2%A0202%C2%A0555%E2%80%910123'],
    ['+12025550123', 'US', 'a=1%2520202%2D555%2520%2D%25200123'],
    ['+12025550123', 'US', '+1 - (202) - 555 - 0123'],
    ['+12025550123', 'US', '<Number>&#43;1&#160;202&nbsp;555&#x2011;0123</Number>'],
    ['+12025550123', 'US', String.raw`"1\t202\t5550123"`],
    ['+12025550123', 'US', '1\u200b202\u200b5550123'],
    // A + is a space in a form; no number of another country is written like that.
    ['+17025550147', 'US', 'Note=call+7025550147+back'],
  ])('%s is found in %s as %s', (number, country, text) => {
    const written = createNumberFinder(number, { country })
    expect(written.holds(text)).toBe(true)
    const left = written.replace(text, 'anon')
    expect(written.holds(left)).toBe(false)
    expect(left.replace(/\D/g, '')).not.toContain(number.slice(-7))
    expect(written.leavesTraceIn(Buffer.from(text).toString('latin1'))).toBe(true)
  })

  it.each([
    // With a + it is one of Germany.
    ['+14930123456', 'US', 'Note=+4930123456'],
    ['+493012345678', 'DE', '0043 30 12345678'],
    ['+493012345678', 'DE', '+49 (0)30 123456789'],
    ['+12025550123', 'US', '1 202 555, 0123'],
  ])('%s is not found in %s as %s', (number, country, text) => {
    expect(createNumberFinder(number, { country }).holds(text)).toBe(false)
  })

  it('is found behind a dialled prefix only where that is asked for', () => {
    const behind = createNumberFinder('+12025550123', { country: 'US', behindDigits: true })
    expect(finder.holds('912025550123')).toBe(false)
    expect(behind.replace('912025550123', 'anon')).toBe('anon')
    expect(behind.holds('9120255501234')).toBe(false)
  })

  it('leaves a trace wherever its digits stand', () => {
    expect(finder.leavesTraceIn('77+1202555012399')).toBe(true)
    expect(finder.leavesTraceIn('(202) 555-0123')).toBe(true)
    expect(finder.leavesTraceIn('+12025550124')).toBe(false)
    expect(createNumberFinder('+493012345678', { country: 'US' }).leavesTraceIn('x4930123456789')).toBe(true)
  })
})
