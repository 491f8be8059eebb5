import type { Pattern } from '../pattern.ts'

/** Values by pattern, found by the numbers that the patterns match. */
export interface PatternMap<T> {
  get(pattern: Pattern): T | undefined
  set(pattern: Pattern, value: T): void
  visit(number: string, use: (value: T) => void): void
  hasExact(text: string): boolean
  hasPrefix(text: string): boolean
  /** A number is named by an exact pattern or begins like a prefix that is longer than `below`. */
  isTaken(number: string, below: number): boolean
  prefixes(): Iterable<string>
}

export const createPatternMap = <T>(): PatternMap<T> => {
  const exact = new Map<string, T>()
  const prefix = new Map<string, T>()
  const lengths = new Set<number>()
  let forAny: T | undefined
  return {
    get: (pattern) =>
      pattern.kind === 'any' ? forAny : (pattern.kind === 'exact' ? exact : prefix).get(pattern.value),
    set(pattern, value) {
      if (pattern.kind === 'any') forAny = value
      else if (pattern.kind === 'exact') exact.set(pattern.value, value)
      else {
        prefix.set(pattern.value, value)
        lengths.add(pattern.value.length)
      }
    },
    visit(number, use) {
      const whole = exact.get(number)
      if (whole !== undefined) use(whole)
      for (const length of lengths) {
        const part = length <= number.length ? prefix.get(number.slice(0, length)) : undefined
        if (part !== undefined) use(part)
      }
      if (forAny !== undefined) use(forAny)
    },
    hasExact: (text) => exact.has(text),
    hasPrefix: (text) => prefix.has(text),
    isTaken(number, below) {
      if (exact.has(number)) return true
      for (const length of lengths)
        if (length > below && length <= number.length && prefix.has(number.slice(0, length))) return true
      return false
    },
    prefixes: () => prefix.keys(),
  }
}
