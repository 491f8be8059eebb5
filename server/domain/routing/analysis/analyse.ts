import type { FindingKind } from '../../../../shared/vocabulary.ts'
import { readNumber, type NumberContext } from '../../numbers/read-number.ts'
import type { RoutingConfig } from '../routing-config.ts'
import type { Target } from '../target.ts'
import { isSound, type AnalysedRule, type Finding, type Reach } from './finding.ts'
import { judgeRule, nameOf, type Bench } from './judge-rule.ts'
import { judgeGroups, judgeTarget } from './judge-targets.ts'
import { createNumberSpace } from './number-space.ts'
import { createWinners } from './winners.ts'

export interface Analysed {
  readonly config: Pick<
    RoutingConfig,
    'agents' | 'groups' | 'providers' | 'defaultCountry' | 'defaultTarget' | 'agentNumbers' | 'numbers' | 'trunks'
  >
  readonly emergencyTarget?: Target | undefined
  readonly rules: readonly AnalysedRule[]
}

export interface Listed {
  /** How many findings, and how many proofs of sound rules, are listed; the others are counted. */
  readonly limit: number
  /** Only what is about this rule. */
  readonly ruleId?: string | undefined
  readonly kinds?: readonly FindingKind[] | undefined
}

export interface Analysis {
  readonly counts: Partial<Record<FindingKind, number>>
  readonly findings: Finding[]
  readonly moreFindings: number
  /** For rules that nothing is wrong with: a call that reaches each. */
  readonly reached: Reach[]
  readonly moreReached: number
}

const restMany = 200

/** Sorts rules into the patterns they have; yields between. */
function* prepare({ config, rules }: Analysed): Generator<undefined, Bench> {
  const winners = createWinners<AnalysedRule>()
  let done = 0
  for (const rule of rules) {
    if (rule.unreadable === undefined) winners.add(rule, rule.enabled && rule.isSometimesClosed !== true)
    if ((done += 1) % restMany === 0) yield
  }
  // A caller with one of the tenant's own numbers counts as dialling out, so none serves as an example.
  for (const value of [...config.agentNumbers, ...config.numbers.keys()])
    winners.callers.set({ kind: 'exact', value }, true)

  const context: NumberContext = {
    defaultCountry: config.defaultCountry,
    isKnown: (number) =>
      config.agentNumbers.has(number) || config.numbers.has(number) || winners.patterns.isTaken(number, 0),
  }
  // Asked again and again of one text; reading it takes longer than all the rest.
  let last = { text: '', isNumber: true }
  const isNumber = (text: string): boolean => {
    if (last.text !== text) last = { text, isNumber: readNumber(text, context).number === text }
    return last.isNumber
  }
  // Digits that begin like a known number are read with + before them, and 00 with more digits is read as +.
  const closed = new Set(Array.from({ length: 10 }, (_, digit) => `00${digit}`))
  for (const prefix of winners.patterns.prefixes()) {
    if (/^\+\d*$/.test(prefix)) closed.add(prefix.slice(1))
    if ((done += 1) % restMany === 0) yield
  }
  return {
    winners,
    context,
    to: yield* createNumberSpace(winners.patterns, isNumber, closed),
    from: yield* createNumberSpace(winners.callers, isNumber, closed),
  }
}

function* judgeAll(analysed: Analysed): Generator<Finding | Reach | undefined> {
  const { config, emergencyTarget, rules } = analysed
  const about = { severity: 'error' as const }
  yield judgeTarget(config, config.defaultTarget, 'The default target of the tenant', about, 'dangling_default')
  yield judgeTarget(config, emergencyTarget, 'The emergency target of the tenant', about, 'dangling_default')
  yield* judgeGroups(config)
  const bench = yield* prepare(analysed)
  for (const rule of rules) {
    const severity = rule.enabled ? ('error' as const) : ('info' as const)
    yield judgeTarget(config, rule.target, nameOf(rule), { severity, ruleId: rule.ruleId })
    if (rule.enabled) yield yield* judgeRule(rule, bench)
  }
}

/**
 * Finds what is wrong in a tenant's configuration, and proves of every other enabled rule that a call reaches it. Yields
 * after every little piece of work, so that whoever drives it can let others have their turn. Rules that a schedule closes
 * at times are taken as closed when others are judged, and as open when they are.
 */
export function* analyse(analysed: Analysed, { limit, ruleId, kinds }: Listed): Generator<undefined, Analysis> {
  const counts: Partial<Record<FindingKind, number>> = {}
  const findings: Finding[] = []
  const reached: Reach[] = []
  let [moreFindings, moreReached] = [0, 0]
  for (const verdict of judgeAll(analysed)) {
    yield
    if (!verdict || (ruleId !== undefined && verdict.ruleId !== ruleId)) continue
    if (isSound(verdict)) {
      if (reached.length < limit) reached.push(verdict)
      else moreReached += 1
      continue
    }
    counts[verdict.kind] = (counts[verdict.kind] ?? 0) + 1
    if (kinds && !kinds.includes(verdict.kind)) continue
    if (findings.length < limit) findings.push(verdict)
    else moreFindings += 1
  }
  return { counts, findings, moreFindings, reached, moreReached }
}
