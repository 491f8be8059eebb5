import type { Candidate, Strategy } from './strategy.ts'

/** Calls per weight, compared without a division: weights are whole numbers. */
const byLoad = (a: Candidate, b: Candidate): number =>
  a.activeCalls * b.weight - b.activeCalls * a.weight ||
  (a.lastUsedAtMs ?? 0) - (b.lastUsedAtMs ?? 0) ||
  a.position - b.position

export const leastActive: Strategy = {
  sentence: 'The member with the fewest active calls for its weight; of equals, the one that has waited longest',
  usesWindow: false,
  isExact: false,
  goesByChance: false,
  contenders: (eligible) => eligible,
  choose: (contenders) =>
    contenders.reduce<(typeof contenders)[number] | undefined>(
      (best, one) => (best === undefined || byLoad(one, best) < 0 ? one : best),
      undefined,
    ),
}
