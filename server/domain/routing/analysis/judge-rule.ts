import { readNumber } from '../../numbers/read-number.ts'
import { any, formatPattern, type Pattern } from '../pattern.ts'
import type { Bench } from './bench.ts'
import type { AnalysedRule, Finding, Reach, Witness } from './finding.ts'
import type { NumberSpace } from './number-space.ts'
import { goesFirst } from './winners.ts'

export const nameOf = ({ name, pattern, callerPattern, isOutbound }: AnalysedRule<unknown>): string => {
  const text = formatPattern(pattern)
  const callers = callerPattern ? ` from ${formatPattern(callerPattern)}` : ''
  return `${isOutbound ? 'Outbound rule' : 'Rule'} ${name} (${text}${callers})`
}

const whyEmpty = (
  { isEmpty }: NumberSpace,
  { context }: Pick<Bench<unknown>, 'context'>,
  pattern: Pattern,
): string | undefined => {
  if (!isEmpty(pattern)) return undefined
  const text = formatPattern(pattern)
  if (pattern.kind !== 'exact') return `no number begins like ${text}`
  const { number, how } = readNumber(text, context)
  return `${text} is understood as ${number} when it is dialled (${how}); write ${number}`
}

const shadowed = <T>(rule: AnalysedRule<T>, winner: AnalysedRule<T>, bench: Bench<T>, witness: Witness): Finding => {
  const found = { severity: 'warning' as const, ruleId: rule.ruleId, witness }
  const twin = bench.winners.twinOf(rule)
  if (twin && goesFirst(twin, rule)) {
    const same = { ...found, otherId: twin.ruleId }
    if (bench.isSame(twin.target, rule.target))
      return {
        ...same,
        kind: 'duplicate',
        message: `${nameOf(rule)} does what ${twin.name} does, which goes first; delete one of them`,
      }
    if (twin.priority === rule.priority)
      return {
        ...same,
        kind: 'conflicting',
        message: `${nameOf(rule)} and ${twin.name} match the same calls at priority ${rule.priority} and send them elsewhere; ${twin.name} wins because it is older. Give them different priorities, or delete one`,
      }
  }
  return {
    ...found,
    kind: 'shadowed',
    otherId: winner.ruleId,
    message: `No call reaches ${nameOf(rule)}: ${nameOf(winner)} goes first with priority ${winner.priority} and takes all of them, for example ${witness.to}`,
  }
}

/** Looks for a call of usual numbers that reaches the rule; yields between, as parts can be many. */
function* findUsual(
  rule: AnalysedRule<unknown>,
  { to, from }: Pick<Bench<unknown>, 'to' | 'from'>,
  reaches: (witness: Witness) => boolean,
): Generator<undefined, { readonly reached: Witness | undefined; readonly lost: Witness | undefined }> {
  let lost: Witness | undefined
  for (const number of to.usual(rule.pattern)) {
    for (const caller of from.usual(rule.callerPattern ?? any)) {
      const witness = { to: number, from: caller }
      if (reaches(witness)) return { reached: witness, lost }
      lost ??= witness
      yield
    }
  }
  return { reached: undefined, lost }
}

/** What is to be said about one enabled rule, with its proof. Undefined where nothing can be proven. */
export function* judgeRule<T>(
  rule: AnalysedRule<T>,
  bench: Bench<T>,
): Generator<undefined, Finding | Reach | undefined> {
  const { ruleId, pattern } = rule
  const callers = rule.callerPattern ?? any
  const empty = rule.unreadable ?? whyEmpty(bench.to, bench, pattern) ?? whyEmpty(bench.from, bench, callers)
  if (empty !== undefined)
    return {
      kind: 'unreachable',
      severity: 'warning',
      ruleId,
      message: `No call can match ${nameOf(rule)}: ${empty}`,
    }
  const to = bench.to.free(pattern)
  const from = bench.from.free(callers)
  if (to === undefined || from === undefined) return undefined
  const winnerOf = (witness: Witness) => bench.winners.of(witness.to, witness.from)
  const wins = (winner: AnalysedRule<T> | undefined): boolean => !winner || winner === rule || goesFirst(rule, winner)

  const winner = winnerOf({ to, from })
  // Who takes this call contains both patterns, or the numbers would not be free, and so takes all others too.
  if (winner && !wins(winner)) return shadowed(rule, winner, bench, { to, from })
  if (bench.to.isUsual(pattern, to) && bench.from.isUsual(callers, from)) return { ruleId, to, from }

  const { reached, lost } = yield* findUsual(rule, bench, (witness) => wins(winnerOf(witness)))
  if (reached) return { ruleId, ...reached }
  const instead = lost && winnerOf(lost)
  const why = instead
    ? `other rules take every number it is meant for, ${nameOf(instead)} for example ${lost.to}`
    : 'every number it is meant for is understood as another one'
  return {
    kind: 'odd_numbers_only',
    severity: 'warning',
    ruleId,
    otherId: instead?.ruleId,
    witness: { to, from },
    message: `${nameOf(rule)} is left with odd calls only: ${why}. What still reaches it is like a call to ${to} from ${from}`,
  }
}
