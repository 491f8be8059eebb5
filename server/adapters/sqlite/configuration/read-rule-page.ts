import type { RoutingRule } from '../../../ports/configuration.ts'
import type { RulePage } from './rule-repository.ts'
import { given } from '../query/rows.ts'

type Row = readonly [
  id: string,
  name: string,
  pattern: string,
  callerPattern: string | null,
  target: string,
  priority: number,
  enabled: number,
  scheduleId: string | null,
]

const mostTargets = 10_000

/** Rules are many, their targets and schedules few: equal ones become one object. */
export const createRulePageReader = () => {
  const targets = new Map<string, RoutingRule['target']>()
  const targetOf = (text: string): RoutingRule['target'] => {
    let target = targets.get(text)
    if (!target) {
      if (targets.size >= mostTargets) targets.clear()
      targets.set(text, (target = JSON.parse(text) as RoutingRule['target']))
    }
    return target
  }
  return ({ rules, lastRowId }: RulePage): { rules: RoutingRule[]; lastRowId: number } => ({
    lastRowId,
    rules: (JSON.parse(rules) as Row[]).map(
      ([id, name, pattern, callerPattern, target, priority, enabled, scheduleId]) => ({
        id,
        name,
        pattern,
        callerPattern: given(callerPattern),
        target: targetOf(target),
        priority,
        enabled: enabled === 1,
        scheduleId: given(scheduleId),
      }),
    ),
  })
}
