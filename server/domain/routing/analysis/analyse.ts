import type { FindingKind } from '../../../../shared/vocabulary.ts'
import { isSameWay, type OutboundWay } from '../route.ts'
import type { RoutingConfig } from '../routing-config.ts'
import { isSameTarget, type Target } from '../target.ts'
import { createBench, createReading, sortRules, type Bench } from './bench.ts'
import { isSound, type AnalysedRule, type Finding, type Reach } from './finding.ts'
import { judgeGroupHours, judgeRuleHours } from './judge-hours.ts'
import { judgeRule, nameOf } from './judge-rule.ts'
import { judgeGroups, judgeTarget } from './judge-targets.ts'
import { judgeWay } from './judge-trunks.ts'

export interface Analysed {
  readonly config: Pick<
    RoutingConfig,
    | 'agents'
    | 'groups'
    | 'providers'
    | 'defaultCountry'
    | 'defaultTarget'
    | 'agentNumbers'
    | 'numbers'
    | 'trunks'
    | 'schedules'
    | 'rules'
  >
  /** The week from then on is looked at for times when nobody answers. */
  readonly atMs: number
  readonly emergencyTarget?: Target | undefined
  readonly rules: readonly AnalysedRule[]
  readonly outboundRules: readonly AnalysedRule<OutboundWay>[]
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

function* judgeRules<T extends OutboundWay>(
  { config, atMs }: Pick<Analysed, 'config' | 'atMs'>,
  rules: readonly AnalysedRule<T>[],
  bench: Bench<T>,
): Generator<Finding | Reach | undefined> {
  for (const rule of rules) {
    const about = { severity: rule.enabled ? ('error' as const) : ('info' as const), ruleId: rule.ruleId }
    const way: OutboundWay = rule.target
    if ('type' in way) yield judgeTarget(config, way, nameOf(rule), about)
    yield* judgeWay(config, way, nameOf(rule), about)
    if (!rule.enabled) continue
    const verdict = yield* judgeRule(rule, bench)
    yield verdict
    if (verdict && isSound(verdict)) yield judgeRuleHours(config, rule, verdict, atMs)
  }
}

function* judgeAll(analysed: Analysed): Generator<Finding | Reach | undefined> {
  const { config, emergencyTarget, rules, outboundRules } = analysed
  const about = { severity: 'error' as const }
  const ends = { default: config.defaultTarget, emergency: emergencyTarget }
  for (const [name, target] of Object.entries(ends)) {
    const owner = `The ${name} target of the tenant`
    yield judgeTarget(config, target, owner, about, 'dangling_default')
    yield* judgeWay(config, target, owner, about)
  }
  yield* judgeGroups(config)
  yield* judgeGroupHours(config, analysed.atMs)
  const winners = yield* sortRules(rules)
  // A caller with one of the tenant's own numbers counts as dialling out, so none serves as an example.
  for (const value of [...config.agentNumbers, ...config.numbers.keys()])
    winners.callers.set({ kind: 'exact', value }, true)
  const reading = yield* createReading(config, winners.patterns)
  yield* judgeRules(analysed, rules, yield* createBench(winners, reading, isSameTarget))
  const outbound = yield* sortRules(outboundRules)
  yield* judgeRules(analysed, outboundRules, yield* createBench(outbound, reading, isSameWay))
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
