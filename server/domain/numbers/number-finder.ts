import { getCountryCallingCode, isSupportedCountry, Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** Finds one phone number in texts, however it is written there. */
export interface NumberFinder {
  holds(text: string): boolean
  /** The text with `label` wherever the number stood, a + or 00 before it included. */
  replace(text: string, label: string): string
  /**
   * Whether its digits stand there, whatever stands beside them: what is left of a text may have lost its ends. Bytes of UTF-8
   * that were read as Latin-1 will do.
   */
  leavesTraceIn(text: string): boolean
}

const percent = '%(?:25)*'
const escaped = String.raw`\\+`
/** Between digits: punctuation, spaces and what is not seen, as it is and as URLs, forms, JSON, XML and bytes of UTF-8 write it. */
const separator = `(?:${[
  String.raw`[\s().\-/+\u00ad\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069]`,
  `${percent}(?:0[9ad]|2[0-9bdef]|c2${percent}a[0d]|e2${percent}8[01]${percent}[89ab][0-9a-f])`,
  `${escaped}(?:[nrt/]|u(?:00(?:20|2[89def]|a[0d])|20[0-6][0-9a-f]|feff))`,
  String.raw`&(?:nbsp|shy|#\d{2,5}|#x[0-9a-f]{2,4});`,
  String.raw`\u00c2[\u00a0\u00ad]|\u00e2[\u0080\u0081][\u0080-\u00bf]`,
].join('|')}){0,6}`
/** Not behind another digit, unless that one belongs to an escape such as %20. */
const start = String.raw`(?:(?<=%[0-9a-f]{2}|\\u[0-9a-f]{4})|(?<!\d))`
const plus = String.raw`${percent}2b|${escaped}u002b|&#43;|&#x2b;`

/** The end of a JSON key, within a JSON text perhaps, where a value without quotes follows. */
const jsonValue = /(\\*")\s*:\s*$/

const spelled = (digits: string): string => Array.from(digits).join(separator)

/** What numbers of other countries are dialled behind, as a regular expression. */
const abroadPrefix = (country: string): string => {
  if (!isSupportedCountry(country)) return '00'
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  return `${metadata.numberingPlan?.IDDPrefix()}`
}

/**
 * `number` is in E.164. It is found with and without +, behind what is dialled before numbers abroad, as tel: and sip: address,
 * with punctuation, in JSON, XML and percent-encoded; numbers that have the calling code of `country` also as they are dialled
 * there. A longer number that begins or ends alike is another one; `behindDigits` says that one ending alike is this one with a
 * prefix dialled before it.
 */
export const createNumberFinder = (
  number: string,
  { country, behindDigits = false }: { country: string; behindDigits?: boolean },
): NumberFinder => {
  const parsed = parsePhoneNumberFromString(number)
  const national: string = parsed?.nationalNumber ?? number.slice(1)
  const code = number.slice(1, number.length - national.length)
  const dialledNational = parsed?.formatNational().replace(/\D/g, '') ?? ''
  const trunk = dialledNational.endsWith(national) ? dialledNational.slice(0, -national.length) : ''
  const prefix = `(?:${trunk === '' ? '0' : spelled(trunk)}${separator})?`

  const abroad = String.raw`(?:\+|${plus}|00|011|${abroadPrefix(country)})${separator}`
  const whole = `(?:${abroad})?${code === '' ? '' : spelled(code) + separator + prefix}${spelled(national)}`
  // A + is a space in forms; where a number of another country could begin with it, it is that one.
  const isOther = parsePhoneNumberFromString(`+${national}`)?.isPossible() === true
  // Behind it and the code of a country, what is dialled in this one is a number of that one.
  const before = String.raw`(?:${plus}|${isOther ? String.raw`\+|` : ''}\b00|\b011)`
  const ofOther = String.raw`(?:\+|${plus}|\b00|\b011)${separator}[1-9]\d{0,2}${separator}(?:0${separator})?`
  const isDialled = isSupportedCountry(country) && getCountryCallingCode(country) === code
  const dialled = isDialled ? `|(?<!${before})(?<!${ofOther})${prefix}${spelled(national)}` : ''
  const pattern = new RegExp(`${behindDigits ? String.raw`\d{0,12}` : start}(?:${whole}${dialled})(?!\\d)`, 'gi')
  const trace = new RegExp(spelled(national), 'i')
  return {
    holds: (text) => trace.test(text) && text.search(pattern) >= 0,
    replace: (text, label) => {
      if (!trace.test(text)) return text
      return text.replace(pattern, (...found) => {
        // As a number of JSON it has no quotes, which a label needs.
        const quote = jsonValue.exec(text.slice(Math.max(0, (found.at(-2) as number) - 12), found.at(-2) as number))
        return quote ? `${quote[1] as string}${label}${quote[1] as string}` : label
      })
    },
    leavesTraceIn: (text) => trace.test(text),
  }
}
