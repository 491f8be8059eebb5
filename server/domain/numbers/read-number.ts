import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

/** What a tenant's configuration knows about numbers. */
export interface NumberContext {
  /** ISO 3166-1 alpha-2. */
  readonly defaultCountry: string
  /** One of the tenant's numbers, an exact rule, or a number that a prefix rule begins like; takes E.164 with `+`. */
  isKnown(number: string): boolean
}

export interface ReadNumber {
  /** As it came. */
  readonly text: string
  /** E.164 with `+`, or literal (short extensions, `anonymous`, SIP users). */
  readonly number: string
  /** In the operator's words. */
  readonly how: string
}

export const longestNumber = 255

const numberLike = /^[+\d\s().\-/]+$/
const international = /^[\s().\-/]*\+/
const notDigits = /[^\d]/g
const punctuation = /[\s().\-/]/g

/** `sip:+1202…@host;x=y`, `tel:+1-202-…`, `<sip:…>`: the part that names who is called. */
const userPart = (text: string): string => {
  const user = text.replace(/^(?:[\s<]|sips?:|tel:)+/i, '')
  const isWrapped = text.trimStart() !== user
  return isWrapped ? user.replace(/[@;?>][^]*$/, '') : user
}

/** No longer than numbers may be, and not cut in the middle of a character. */
export const cutNumber = (text: string): string =>
  text.length <= longestNumber ? text : text.slice(0, longestNumber).replace(/[\ud800-\udbff]$/, '')

const called = (text: string): string => cutNumber(userPart(text).trim()).trim()

/** Who is called, as it was dialled, without punctuation. */
export const asDialled = (text: string): string => {
  const user = called(text)
  return numberLike.test(user) ? user.replace(punctuation, '') : user
}

/** What a dialled text means. Never an error: what is no number stays literal. */
export const readNumber = (text: string, context: NumberContext): ReadNumber => {
  const user = called(text)
  const literal = (): ReadNumber => ({ text, number: user, how: 'taken literally' })
  if (!numberLike.test(user)) return literal()
  const digits = user.replace(notDigits, '')
  if (digits === '') return literal()
  if (international.test(user)) return { text, number: `+${digits}`, how: 'international' }
  if (digits.startsWith('00') && digits.length > 2)
    return { text, number: `+${digits.slice(2)}`, how: 'international, 00 read as +' }
  const withPlus = `+${digits}`
  if (context.isKnown(withPlus)) return { text, number: withPlus, how: 'with + it is a known number' }
  if (parsePhoneNumberFromString(withPlus)?.isValid()) {
    return { text, number: withPlus, how: 'with + it is a valid international number' }
  }
  const national = parsePhoneNumberFromString(digits, context.defaultCountry as CountryCode)
  if (national?.isValid()) return { text, number: national.number, how: `national number of ${context.defaultCountry}` }
  return { text, number: digits, how: 'taken literally' }
}
