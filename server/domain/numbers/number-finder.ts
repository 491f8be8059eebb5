import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** Finds one phone number in texts, however it is written there. */
export interface NumberFinder {
  holds(text: string): boolean
  /** The text with `label` wherever the number stood, a + or 00 before it included. */
  replace(text: string, label: string): string
  /** Whether its digits stand there, whatever stands beside them: what is left of a text may have lost its ends. */
  leavesTraceIn(text: string): boolean
}

/** Between digits: punctuation, as it is and as URLs, forms and JSON write it. */
const separator = String.raw`(?:[\s().\-/\u2010-\u2015]|%(?:20|28|29|2d|2e|2f)|\\u(?:00a0|20[01][0-9a-f])|\+){0,3}`
/** Not behind another digit, unless that one belongs to an escape such as %20. */
const start = String.raw`(?:(?<=%[0-9a-f]{2}|\\u[0-9a-f]{4})|(?<!\d))`
const international = String.raw`(?:(?:\+|%(?:25)*2b|\\u002b|00|011)${separator})?`

/** With a + before it, what is dialled in one country is a number of another one. */
const notInternational = String.raw`(?<!\+|%(?:25)*2b|\\u002b|\b00|\b011)`

/** The end of a JSON key, within a JSON text perhaps, where a value without quotes follows. */
const jsonValue = /(\\*")\s*:\s*$/

const spelled = (digits: string): string => Array.from(digits).join(separator)

/**
 * `number` is in E.164. It is found with and without +, behind 00 and 011, as tel: and sip: address, with punctuation, in
 * JSON and percent-encoded; numbers of `country` also as they are dialled there. A longer number that begins or ends alike is
 * another one; `behindDigits` says that one ending alike is this one with a prefix dialled before it.
 */
export const createNumberFinder = (
  number: string,
  { country, behindDigits = false }: { country: string; behindDigits?: boolean },
): NumberFinder => {
  const parsed = parsePhoneNumberFromString(number)
  const whole = international + spelled(number.slice(1))
  const national = parsed?.country === country ? parsed.nationalNumber : undefined
  const dialled = national === undefined ? '' : `|${notInternational}0?${spelled(national)}`
  const pattern = new RegExp(`${behindDigits ? String.raw`\d{0,12}` : start}(?:${whole}${dialled})(?!\\d)`, 'gi')
  const trace = new RegExp(spelled(national ?? number.slice(1)), 'i')
  return {
    holds: (text) => text.search(pattern) >= 0,
    replace: (text, label) =>
      text.replace(pattern, (...found) => {
        // As a number of JSON it has no quotes, which a label needs.
        const quote = jsonValue.exec(text.slice(Math.max(0, (found.at(-2) as number) - 12), found.at(-2) as number))
        return quote ? `${quote[1] as string}${label}${quote[1] as string}` : label
      }),
    leavesTraceIn: (text) => trace.test(text),
  }
}
