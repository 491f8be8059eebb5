import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** ISO 3166-1 alpha-2 of an E.164 number; undefined for other texts and for numbers of no country, such as +800. */
export const countryOf = (number: string): string | undefined =>
  number.startsWith('+') ? parsePhoneNumberFromString(number)?.country : undefined
