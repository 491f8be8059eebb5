import type { StrategyName } from '../../../../shared/vocabulary.ts'
import { leastActive } from './least-active.ts'
import { loadBalanced } from './load-balanced.ts'
import { priority } from './priority.ts'
import { roundRobin } from './round-robin.ts'
import type { Strategy } from './strategy.ts'
import { weightedRandom } from './weighted-random.ts'

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  load_balanced: loadBalanced,
  priority,
  round_robin: roundRobin,
  least_active: leastActive,
  weighted_random: weightedRandom,
}
