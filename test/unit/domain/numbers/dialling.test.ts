import { describe, expect, it } from 'vitest'
import { understoodPrefix } from '../../../../server/domain/numbers/dialling.ts'

describe('the beginning of numbers', () => {
  it.each([
    ['011', 'US', '+'],
    ['01144', 'US', '+44'],
    ['010', 'JP', '+'],
    ['0900', 'DE', '+49900'],
    ['09001234567', 'DE', '+499001234567'],
    ['06', 'HU', '+36'],
    ['06', 'IT', '+3906'],
    ['0800', 'GB', '+44800'],
  ])('%s is understood in %s as %s', (digits, country, understood) => {
    expect(understoodPrefix(digits, country)).toBe(understood)
  })

  it.each([
    ['0', 'DE', 'may be an outside line'],
    ['9', 'US', 'is one'],
    ['1900', 'US', 'may be an extension'],
    ['010', 'DE', 'chooses a carrier, and no number begins so'],
    ['09', 'ES', 'begins short codes, and no number'],
    ['01115', 'AR', 'is not left as it is dialled'],
    ['0900', 'XX', 'is of no country that is known'],
  ])('%s stays as it is in %s, where it %s', (digits, country) => {
    expect(understoodPrefix(digits, country)).toBeUndefined()
  })
})
