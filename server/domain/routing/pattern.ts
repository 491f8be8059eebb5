/** What a rule matches numbers by. */
export type Pattern =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'any' }

export const any: Pattern = { kind: 'any' }

/** The pattern, or a sentence that says what is wrong and what would be right. */
export const parsePattern = (written: string): Pattern | string => {
  const text = written.trim()
  // Stored patterns are nearly all like this, and there may be a million of them.
  if (/^\+\d+\*?$/.test(text))
    return text.endsWith('*') ? { kind: 'prefix', value: text.slice(0, -1) } : { kind: 'exact', value: text }
  const tidy = /^[+\d\s().\-/]+\*?$/.test(text) ? text.replace(/[\s().\-/]/g, '') : text
  if (tidy === '') return 'The pattern is empty; write a number (+12025550100), a prefix (+1202*) or * for any number'
  if (tidy === '*') return any
  const star = tidy.indexOf('*')
  if (star >= 0 && star < tidy.length - 1) {
    return `"${text}" has a * before its end; only a last * has a meaning, as in ${tidy.slice(0, star)}*`
  }
  const value = star < 0 ? tidy : tidy.slice(0, -1)
  if (/^00\d/.test(value))
    return `"${text}" begins with 00; write the international form +${value.slice(2)}${star < 0 ? '' : '*'}`
  if (value.startsWith('+') && !/^\+\d*$/.test(value)) return `"${text}" is no number; after + only digits may follow`
  if (value === '+' && star < 0) return '"+" alone is no number; write +* for every international number'
  if (/\s/.test(value)) return `"${text}" contains white space; a literal pattern is one word`
  return { kind: star < 0 ? 'exact' : 'prefix', value }
}

export const formatPattern = (pattern: Pattern): string =>
  pattern.kind === 'any' ? '*' : pattern.kind === 'prefix' ? `${pattern.value}*` : pattern.value

export const matches = (pattern: Pattern, number: string): boolean =>
  pattern.kind === 'any' || (pattern.kind === 'exact' ? number === pattern.value : number.startsWith(pattern.value))
