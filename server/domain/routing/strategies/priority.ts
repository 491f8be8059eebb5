import { roundRobin } from './round-robin.ts'
import type { Strategy } from './strategy.ts'

export const priority: Strategy = {
  sentence: 'The lowest priority number that is eligible; equal ones take turns by weight',
  usesWindow: false,
  isExact: true,
  goesByChance: false,
  contenders(eligible) {
    const first = eligible.reduce((lowest, member) => Math.min(lowest, member.priority), Infinity)
    return eligible.filter((member) => member.priority === first)
  },
  choose: (contenders, chance) => roundRobin.choose(contenders, chance),
}
