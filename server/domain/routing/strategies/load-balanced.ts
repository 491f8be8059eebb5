import { pickChairman } from './chairman.ts'
import type { Candidate, Strategy } from './strategy.ts'

const byUse = (a: Candidate, b: Candidate): number =>
  a.activeCalls - b.activeCalls || (a.lastUsedAtMs ?? 0) - (b.lastUsedAtMs ?? 0) || a.position - b.position

export const loadBalanced: Strategy = {
  sentence: 'The member furthest behind its weighted share of the calls inside the rolling window',
  usesWindow: true,
  contenders: (eligible) => eligible,
  choose(contenders) {
    const weights = contenders.map(({ weight }) => weight)
    const behind = contenders.map((candidate) => candidate.behind)
    const i = pickChairman(weights, behind, (a, b) => {
      const [first, second] = [contenders[a], contenders[b]]
      return first && second ? byUse(first, second) : 0
    })
    return i === undefined ? undefined : contenders[i]
  },
}
