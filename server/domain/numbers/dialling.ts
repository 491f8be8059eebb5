import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

const e164 = /^\+[1-9]\d{1,14}$/

/** As E.164 writes a number that may exist; undefined when no country has one of that length. */
const canonical = (number: string, country?: string): string | undefined => {
  const parsed = parsePhoneNumberFromString(number, country as CountryCode | undefined)
  return parsed?.isPossible() === true ? parsed.number : undefined
}

/** Why a number with + is none that can be dialled; undefined when it can. */
export const whyNotInternational = (number: string): string | undefined => {
  if (!e164.test(number)) return `${number} is no international number: after + come at most 15 digits, the first not 0`
  const written = canonical(number)
  if (written === undefined) return `${number} is no international number: no country has one of that length`
  return written === number ? undefined : `${number} is no international number; it is written ${written}`
}
