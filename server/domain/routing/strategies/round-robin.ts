import { pickChairman } from './chairman.ts'
import type { Strategy } from './strategy.ts'

export const roundRobin: Strategy = {
  sentence: 'In turn, by weight; the turn survives restarts and membership changes',
  usesWindow: false,
  isExact: true,
  goesByChance: false,
  contenders: (eligible) => eligible,
  choose: (contenders) => pickChairman(contenders, (a, b) => a.position - b.position),
}
