import { isSupportedCountry, Metadata, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'
import { readNumber } from './read-number.ts'

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

/** What follows the prefix that calls abroad begin with in a country (011 in the US); undefined without that prefix. */
const afterAbroadPrefix = (digits: string, country: string): string | undefined => {
  if (!isSupportedCountry(country)) return undefined
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  const prefix = new RegExp(`^(?:${metadata.numberingPlan?.IDDPrefix()})`)
  return prefix.test(digits) ? digits.replace(prefix, '') : undefined
}

/** Fewer digits are an extension, a short code or an emergency number, whatever country they begin like. */
const fewestDigits = 7

/**
 * The international numbers that a network may take dialled digits for: as they are read for the tenant, and behind the
 * prefix for calls abroad also those that libphonenumber does not know; where it is neither, what may be a number at all.
 */
export const meaningsOf = (dialled: string, country: string): string[] => {
  const digits = dialled.replace(/^.*[*#]/, '')
  const { number: read } = readNumber(digits, { defaultCountry: country, isKnown: () => false })
  const found = read.startsWith('+') ? [read] : []
  if (!digits.startsWith('+') && digits.length >= fewestDigits) {
    const abroad = afterAbroadPrefix(digits, country)
    if (abroad !== undefined) found.push(`+${abroad}`)
    else if (found.length === 0)
      found.push(...[canonical(digits, country), canonical(`+${digits}`)].filter((number) => number !== undefined))
  }
  return [...new Set(found.flatMap((number) => [number, canonical(number) ?? number]))]
}

/** Beginnings are tried out with these behind them. */
const fills = Array.from('0123456789', (digit) => Array.from({ length: 14 }, (_, i) => digit.repeat(i))).flat()

/**
 * What numbers begin with once they are understood that are dialled with these digits first: `+44` for `01144` in the US,
 * `+49900` for `0900` in Germany. Undefined where they stay as they are; that is so without a 0, as extensions begin anyhow.
 */
export const understoodPrefix = (digits: string, country: string): string | undefined => {
  if (!/^0\d/.test(digits)) return undefined
  const abroad = afterAbroadPrefix(digits, country)
  if (abroad !== undefined) return `+${abroad}`
  for (const fill of fills) {
    const dialled = digits + fill
    const read = parsePhoneNumberFromString(dialled, country as CountryCode)
    if (read?.isValid() === true && dialled.endsWith(read.nationalNumber))
      return `+${read.countryCallingCode}${digits.slice(dialled.length - read.nationalNumber.length)}`
  }
  return undefined
}
