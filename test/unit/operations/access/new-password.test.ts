import { describe, expect, it } from 'vitest'
import { assertGoodPassword } from '../../../../server/operations/access/new-password.ts'

const ada = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' }

describe('a new password', () => {
  it.each(['correct horse battery', 'ada likes engines', 'Ünïcödé pässwörter'])('%s will do', (password) => {
    expect(() => assertGoodPassword(password, ada)).not.toThrow()
  })
  it.each([
    ['adalovelace1', /name or the e-mail/],
    ['ADA.LOVELACE@EXAMPLE.COM', /name or the e-mail/],
    ['lovelaceexample1', /name or the e-mail/],
    ['aaaaaaaaaaaaaa', /too few letters/],
    ['121212121212', /too few letters/],
  ])('%s will not', (password, why) => {
    expect(() => assertGoodPassword(password, ada)).toThrow(why)
  })
})
