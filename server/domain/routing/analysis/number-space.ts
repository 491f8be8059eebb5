import { longestNumber } from '../../numbers/read-number.ts'
import type { Pattern } from '../pattern.ts'
import { findFullPrefixes } from './full-prefixes.ts'
import type { PatternMap } from './pattern-map.ts'

/**
 * The numbers that a pattern matches, seen by the other patterns. Two patterns contain one another or have nothing in
 * common, so what patterns make of a number in the free part of a pattern, which no longer pattern takes, they make of
 * every number there. One number thus stands for all of them.
 */
export interface NumberSpace {
  /** Nothing that a call can carry matches the pattern. */
  isEmpty(pattern: Pattern): boolean
  /** A number of the free part of a pattern that is not empty, a usual one if there is one. Undefined: none was found. */
  free(pattern: Pattern): string | undefined
  /** Whether a number is one that somebody who wrote this pattern has in mind: digits, if the pattern is of digits. */
  isUsual(pattern: Pattern, number: string): boolean
  /** Of a pattern that has a free number: one usual number for each part of the pattern that other patterns make different: what is true for all of them is true for every usual number. */
  usual(pattern: Pattern): Iterable<string>
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit))
const looksDialled = /^\+?\d*$/
const samples = ['+12025550123', '+442079460123', '+4930123456']

/** `+1202` becomes a number as long as people write them. */
const padded = (prefix: string): string =>
  prefix.startsWith('+') ? prefix + '12025550123'.slice(prefix.length - 1) : prefix

export function* createNumberSpace(
  patterns: PatternMap<unknown>,
  /** A text is read as itself, so a call can carry it. */
  isNumber: (text: string) => boolean,
  /** Beginnings of which no text of digits alone is read as itself. */
  closed: ReadonlySet<string>,
): Generator<undefined, NumberSpace> {
  const isDialled = (text: string): boolean => looksDialled.test(text) && /\d/.test(text) && isNumber(text)
  const isFreeNumber = (text: string): boolean => !patterns.hasExact(text) && isDialled(text)
  function* named(): Generator<string> {
    for (const prefix of patterns.prefixes()) if (looksDialled.test(prefix)) yield prefix
    yield* closed
  }
  const { isFull, isComplete } = yield* findFullPrefixes(named(), isFreeNumber)

  const isClosed = (prefix: string): boolean => {
    if (prefix.startsWith('+')) return false
    for (let length = 0; length <= prefix.length; length += 1) if (closed.has(prefix.slice(0, length))) return true
    return false
  }

  const findDialled = (prefix: string): string | undefined => {
    if (isFull(prefix) || isClosed(prefix)) return undefined
    const sample = padded(prefix)
    if (isDialled(sample) && !patterns.isTaken(sample, prefix.length)) return sample
    // What is not full is free itself or has a digit after which it is not complete.
    let text = prefix
    while (text.length <= longestNumber) {
      if (isFreeNumber(text)) return text
      const before = text
      text += digits.find((digit) => !isComplete(before + digit)) as string
    }
    return undefined
  }

  /** Any other text will do: from x on through all there are. */
  const findText = (prefix: string): string | undefined => {
    if (prefix !== '' && isNumber(prefix) && !patterns.hasExact(prefix)) return prefix
    for (let i = 0; i < 0xffde; i += 1) {
      const text = prefix + String.fromCharCode(0x21 + ((0x57 + i) % 0xffde))
      if (!patterns.isTaken(text, prefix.length) && isNumber(text)) return text
    }
    return undefined
  }

  const findAny = (): string | undefined => {
    const sample = [...samples, 'anonymous'].find((text) => !patterns.isTaken(text, 0))
    if (sample !== undefined) return sample
    for (const start of ['+', ...digits]) {
      const text = isComplete(start) ? undefined : findDialled(start)
      if (text !== undefined) return text
    }
    return findText('')
  }

  const found = new Map<string, string | undefined>()
  const freeBelow = (prefix: string): string | undefined => {
    if (!found.has(prefix)) {
      const dialled = looksDialled.test(prefix) ? findDialled(prefix) : undefined
      found.set(prefix, dialled ?? findText(prefix))
    }
    return found.get(prefix)
  }
  let any: { readonly text: string | undefined } | undefined
  const free = (pattern: Pattern): string | undefined => {
    if (pattern.kind === 'any') return (any ??= { text: findAny() }).text
    if (pattern.kind === 'prefix') return freeBelow(pattern.value)
    return pattern.value
  }

  function* dialledBelow(prefix: string): Generator<string> {
    if (isClosed(prefix)) return
    const text = freeBelow(prefix)
    if (text !== undefined && isDialled(text)) {
      yield text
      return
    }
    if (isDialled(prefix)) yield prefix
    for (const digit of digits) {
      const next = prefix + digit
      if (patterns.hasPrefix(next) || isFull(next)) yield* dialledBelow(next)
    }
  }

  const isOfDigits = (pattern: Pattern): pattern is Extract<Pattern, { kind: 'prefix' }> =>
    pattern.kind === 'prefix' && looksDialled.test(pattern.value)

  return {
    isEmpty: (pattern) =>
      pattern.kind !== 'any' &&
      !isNumber(pattern.value) &&
      (pattern.kind === 'exact' || !isNumber(`${pattern.value}x`)),
    free,
    isUsual: (pattern, number) => !isOfDigits(pattern) || isDialled(number),
    *usual(pattern) {
      if (isOfDigits(pattern)) yield* dialledBelow(pattern.value)
      else yield free(pattern) as string
    },
  }
}
