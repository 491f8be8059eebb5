/** Stands in the place of a text: the same for the same text, telling nothing of it, and without a digit. */
export type Hide = (text: string) => string

/** Fields whose value nobody may read, whatever it is. */
const secretName =
  /passw|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|hash|(?:api|private|access|auth)[-_. ]?key|[a-z]keys?$/i
/** Fields that hold numbers: short ones are extensions there, or parts of a number. */
const numberName =
  /^(?:number|value|callerId|prepend|(?:from|to)(?:Prefix|Contains)?|\w*pattern|outbound(?:Allow|Deny))$/i
/** Fields with large numbers that nobody can call. */
const countName = /Ms$|^(?:bytes|rows|estimatedRows|lastNo)$/
const idName = /^id$|Ids?$/
const madeId = /^[0-9a-z]{20}$/
const isDate = (name: string, text: string): boolean => name === 'date' && /^\d{4}-\d\d-\d\d$/.test(text)

/** Between digits: what people write there, as it is and as URLs have it. */
const separator = String.raw`(?:[\s().\-/+\u00ad\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069]|%(?:25)*(?:0[9ad]|2[0-9bdef]))`
/** Seven digits or more: whatever it is, somebody may be called by it. */
const longNumber = new RegExp(String.raw`\+?\d(?:${separator}{0,6}\d){6,}`, 'gi')
const shortNumber = /^[+\s().\-/]*\d(?:[+\s().\-/]*\d){2,}[\s().\-/]*$/
const mostPlainDigits = 1e6

/** What opens a door where it stands in a text. */
const credentials: readonly RegExp[] = [
  /(?<=[?&][^=\s&]{1,60}=)[^&\s"'<>]+/g,
  /(?<=:\/\/)[^\s/@]+(?=@)/g,
  /(?<=\bsips?:[^\s:@]{1,128}:)[^\s@]+(?=@)/gi,
  /(?<=\b(?:bearer|basic)\s)\s*[^\s"',;]+/gi,
  /(?<=\/voice\/)[^/?\s"'<>]+/g,
]
/** A shorter one may stand in any text by chance. */
const shortestSecret = 6

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || typeof value === 'boolean'
const digitsOf = (text: string): string => text.replace(/%(?:25)*[02][0-9a-f]/gi, '').replace(/\D/g, '')

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

const secretsIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, held]) => (secretName.test(name) ? textsIn(held) : secretsIn(held)))

/** The secrets that values name as such, longest first: one may be part of another. */
export const secretsOf = (...values: readonly unknown[]): string[] =>
  [...new Set(values.flatMap(secretsIn))]
    .filter((text) => text.length >= shortestSecret)
    .sort((a, b) => b.length - a.length)

/**
 * A value as it may be kept for good: secrets, and numbers that somebody may be called by, are hidden wherever they stand, in
 * names of fields too. `secrets` are hidden in other texts as well. A number is hidden as the same, however it is written.
 */
export const createRedaction = (hide: Hide, secrets: readonly string[] = []): ((value: unknown) => unknown) => {
  const text = (clear: string): string => {
    let shown = clear
    for (const secret of secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, () => hide(secret))
    for (const credential of credentials) shown = shown.replace(credential, hide)
    return shown.replace(longNumber, (number) => hide(digitsOf(number)))
  }
  const string = (name: string, clear: string): string => {
    if ((idName.test(name) && madeId.test(clear)) || isDate(name, clear)) return clear
    return numberName.test(name) && shortNumber.test(clear) ? hide(digitsOf(clear)) : text(clear)
  }
  const redact = (name: string, value: unknown): unknown => {
    if (secretName.test(name) && !isNothing(value))
      return hide(typeof value === 'string' ? value : JSON.stringify(value))
    if (typeof value === 'string') return string(name, value)
    if (typeof value === 'number')
      return Math.abs(value) < mostPlainDigits || countName.test(name) ? value : hide(digitsOf(String(value)))
    if (Array.isArray(value)) return value.map((one: unknown) => redact(name, one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [text(key), redact(key, held)]))
  }
  return (value) => redact('', value)
}
