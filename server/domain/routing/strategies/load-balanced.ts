import { pickChairman } from './chairman.ts'
import type { Candidate, Strategy } from './strategy.ts'

const byUse = (a: Candidate, b: Candidate): number =>
  a.activeCalls - b.activeCalls || (a.lastUsedAtMs ?? 0) - (b.lastUsedAtMs ?? 0) || a.position - b.position

export const loadBalanced: Strategy = {
  sentence: 'The member furthest behind its weighted share of the calls inside the rolling window',
  usesWindow: true,
  isExact: true,
  goesByChance: false,
  contenders: (eligible) => eligible,
  choose: (contenders) => pickChairman(contenders, byUse),
}
