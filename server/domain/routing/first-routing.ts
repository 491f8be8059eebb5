import type { ConsideredRule } from './explanation.ts'
import { formatPattern } from './pattern.ts'
import type { RouteMatch } from './route-table.ts'
import type { Routing } from './routing.ts'

export const explainRules = ({
  considered,
  more,
}: RouteMatch<unknown>): { rules: ConsideredRule[]; moreRules?: number } => ({
  rules: considered.map(({ route, passedOver }) => ({
    ruleId: route.ruleId,
    name: route.name,
    pattern: formatPattern(route.pattern),
    priority: route.priority,
    verdict: passedOver ?? 'chosen',
    chosen: passedOver === undefined,
  })),
  ...(more > 0 && { moreRules: more }),
})

export interface FirstRouting extends Routing {
  readonly ruleId: string | undefined
  readonly rules: ConsideredRule[]
  readonly moreRules?: number
}
