import { pickChairman } from './chairman.ts'
import type { Strategy } from './strategy.ts'

export const roundRobin: Strategy = {
  sentence: 'In turn, by weight; the turn survives restarts and membership changes',
  usesWindow: false,
  contenders: (eligible) => eligible,
  choose(contenders) {
    const weights = contenders.map(({ weight }) => weight)
    const behind = contenders.map((candidate) => candidate.behind)
    const i = pickChairman(weights, behind, (a, b) => (contenders[a]?.position ?? 0) - (contenders[b]?.position ?? 0))
    return i === undefined ? undefined : contenders[i]
  },
}
