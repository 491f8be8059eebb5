import { readNumber, type NumberContext } from '../../numbers/read-number.ts'
import type { RoutingConfig } from '../routing-config.ts'
import type { AnalysedRule } from './finding.ts'
import { createNumberSpace, type NumberSpace } from './number-space.ts'
import type { PatternMap } from './pattern-map.ts'
import { createWinners, type Winners } from './winners.ts'

/** What a rule is judged by: all rules of its direction, and the numbers that their patterns leave free. */
export interface Bench<T> {
  readonly winners: Winners<AnalysedRule<T>>
  readonly to: NumberSpace
  readonly from: NumberSpace
  readonly context: NumberContext
  /** Two rules send a call to the same place in the same way. */
  readonly isSame: (a: T, b: T) => boolean
}

/** How texts are read, whatever the direction of the call. */
interface Reading {
  readonly context: NumberContext
  readonly isNumber: (text: string) => boolean
  /** Beginnings of which no text of digits alone is read as itself. */
  readonly closed: ReadonlySet<string>
}

const restMany = 200

/** Sorts rules into the patterns they have; yields between. */
export function* sortRules<T>(rules: readonly AnalysedRule<T>[]): Generator<undefined, Winners<AnalysedRule<T>>> {
  const winners = createWinners<AnalysedRule<T>>()
  let done = 0
  for (const rule of rules) {
    if (rule.unreadable === undefined) winners.add(rule, rule.enabled && rule.isSometimesClosed !== true)
    if ((done += 1) % restMany === 0) yield
  }
  return winners
}

/** Numbers are read by the inbound rules alone. */
export function* createReading(
  config: Pick<RoutingConfig, 'defaultCountry' | 'agentNumbers' | 'numbers'>,
  inbound: PatternMap<unknown>,
): Generator<undefined, Reading> {
  const context: NumberContext = {
    defaultCountry: config.defaultCountry,
    isKnown: (number) => config.agentNumbers.has(number) || config.numbers.has(number) || inbound.isTaken(number, 0),
  }
  // Asked again and again of one text; reading it takes longer than all the rest.
  let last = { text: '', isNumber: true }
  const isNumber = (text: string): boolean => {
    if (last.text !== text) last = { text, isNumber: readNumber(text, context).number === text }
    return last.isNumber
  }
  // Digits that begin like a known number are read with + before them, and 00 with more digits is read as +.
  const closed = new Set(Array.from({ length: 10 }, (_, digit) => `00${digit}`))
  let done = 0
  for (const prefix of inbound.prefixes()) {
    if (/^\+\d*$/.test(prefix)) closed.add(prefix.slice(1))
    if ((done += 1) % restMany === 0) yield
  }
  return { context, isNumber, closed }
}

export function* createBench<T>(
  winners: Winners<AnalysedRule<T>>,
  { context, isNumber, closed }: Reading,
  isSame: Bench<T>['isSame'],
): Generator<undefined, Bench<T>> {
  return {
    winners,
    context,
    isSame,
    to: yield* createNumberSpace(winners.patterns, isNumber, closed),
    from: yield* createNumberSpace(winners.callers, isNumber, closed),
  }
}
