import type { Pattern } from '../pattern.ts'
import type { Route } from '../route.ts'
import { createPatternMap, type PatternMap } from './pattern-map.ts'

/** The rules that are in force at all times, by their patterns. */
export interface Winners<R extends Route<unknown>> {
  /** Every pattern of the tenant, in force or not: what numbers are read by. */
  readonly patterns: PatternMap<Cell<R>>
  readonly callers: PatternMap<true>
  add(rule: R, isInForce: boolean): void
  /** The rule that takes such a call. */
  of(to: string, from: string): R | undefined
  /** The best one that has the very patterns of this rule. */
  twinOf(rule: R): R | undefined
}

interface Cell<R> {
  everybody: R | undefined
  byCaller: PatternMap<R> | undefined
}

const lengthOf = (pattern: Pattern): number =>
  pattern.kind === 'any' ? -1 : pattern.kind === 'exact' ? Infinity : pattern.value.length

/** Whether `a` goes first where both match: the order of the route table. */
export const goesFirst = (a: Route<unknown>, b: Route<unknown>): boolean => {
  if (a.priority !== b.priority) return a.priority < b.priority
  const [longA, longB] = [lengthOf(a.pattern), lengthOf(b.pattern)]
  return longA === longB ? a.age < b.age : longA > longB
}

/** Of rules with the same patterns only the first counts, so many rules alike cost no more than one. */
export const createWinners = <R extends Route<unknown>>(): Winners<R> => {
  const patterns = createPatternMap<Cell<R>>()
  const callers = createPatternMap<true>()

  const better = (a: R | undefined, b: R): R => (a !== undefined && goesFirst(a, b) ? a : b)

  return {
    patterns,
    callers,
    add(rule, isInForce) {
      const { pattern, callerPattern } = rule
      let cell = patterns.get(pattern)
      if (!cell) patterns.set(pattern, (cell = { everybody: undefined, byCaller: undefined }))
      if (callerPattern) callers.set(callerPattern, true)
      if (!isInForce) return
      if (!callerPattern) cell.everybody = better(cell.everybody, rule)
      else {
        cell.byCaller ??= createPatternMap<R>()
        cell.byCaller.set(callerPattern, better(cell.byCaller.get(callerPattern), rule))
      }
    },
    of(to, from) {
      let winner: R | undefined
      const take = (rule: R): void => {
        winner = better(winner, rule)
      }
      patterns.visit(to, ({ everybody, byCaller }) => {
        if (everybody) take(everybody)
        byCaller?.visit(from, take)
      })
      return winner
    },
    twinOf({ pattern, callerPattern }) {
      const cell = patterns.get(pattern)
      return callerPattern ? cell?.byCaller?.get(callerPattern) : cell?.everybody
    },
  }
}
