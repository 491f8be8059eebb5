import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

const known = new Map<string, string>()

const format = (text: string): string => {
  if (!text.startsWith('+')) return text
  const parsed = parsePhoneNumberFromString(text)
  if (!parsed) return text
  const grouped = parsed.formatInternational()
  // North America hyphenates (+1 202-555-0100); elsewhere groups stand apart (+44 20 7946 0018).
  return parsed.countryCallingCode === '1' ? grouped.replace(/(?<=^\+1 .*) /g, '-') : grouped
}

/** An E.164 number as people read it; anything else (extensions, `anonymous`, SIP users) as it is. */
export const formatNumber = (text: string): string => {
  const before = known.get(text)
  if (before !== undefined) return before
  // Screens repeat the same few thousand numbers; beyond that, start over rather than grow.
  if (known.size > 5000) known.clear()
  const formatted = format(text)
  known.set(text, formatted)
  return formatted
}
