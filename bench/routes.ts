import { parsePattern } from '../server/domain/routing/pattern.ts'
import type { Route } from '../server/domain/routing/route-table.ts'
import { ruleOf } from './site.ts'

/** The n-th rule as the route table takes it. */
export const routeOf = (n: number): Route => {
  const { id, name, pattern, target, priority, enabled } = ruleOf(n)
  const parsed = parsePattern(pattern)
  if (typeof parsed === 'string') throw new Error(parsed)
  return { ruleId: id, name, pattern: parsed, callerPattern: undefined, priority, age: n + 1, enabled, target }
}
