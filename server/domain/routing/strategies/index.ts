import type { StrategyName } from '../../../../shared/vocabulary.ts'
import { loadBalanced } from './load-balanced.ts'
import { priority } from './priority.ts'
import { roundRobin } from './round-robin.ts'
import type { Strategy } from './strategy.ts'

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  load_balanced: loadBalanced,
  priority,
  round_robin: roundRobin,
}
