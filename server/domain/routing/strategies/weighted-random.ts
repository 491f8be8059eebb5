import type { Strategy } from './strategy.ts'

export const weightedRandom: Strategy = {
  sentence: 'Any member by chance, in proportion to its weight',
  usesWindow: false,
  isExact: false,
  goesByChance: true,
  contenders: (eligible) => eligible,
  choose(contenders, chance) {
    let ticket = chance * contenders.reduce((total, { weight }) => total + weight, 0)
    // Where rounding leaves a rest behind everybody, it is the last one's.
    return contenders.find(({ weight }) => (ticket -= weight) < 0) ?? contenders.at(-1)
  },
}
