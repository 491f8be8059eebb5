import { matches } from '../../server/domain/routing/pattern.ts'
import type { Route } from '../../server/domain/routing/route-table.ts'

const specificity = ({ pattern }: Route<unknown>): number =>
  pattern.kind === 'exact' ? Infinity : pattern.kind === 'prefix' ? pattern.value.length : -1

/** Whom the rules send a call to, found by a look at each of them. */
export const naiveWinner = (
  rules: readonly Route<unknown>[],
  to: string,
  caller: string,
  closedSchedules: readonly (string | undefined)[] = [],
): string | undefined => {
  let best: Route<unknown> | undefined
  for (const rule of rules) {
    const { enabled, pattern, callerPattern, scheduleId } = rule
    if (scheduleId !== undefined && closedSchedules.includes(scheduleId)) continue
    if (!enabled || !matches(pattern, to) || (callerPattern && !matches(callerPattern, caller))) continue
    const order =
      best === undefined
        ? -1
        : rule.priority - best.priority || Math.sign(specificity(best) - specificity(rule)) || rule.age - best.age
    if (order < 0) best = rule
  }
  return best?.ruleId
}
