import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnalysedRule } from '../../../../../server/domain/routing/analysis/finding.ts'
import { analyse } from '../../../../../server/domain/routing/analysis/analyse.ts'
import type { OutboundWay, Route } from '../../../../../server/domain/routing/route.ts'
import { readNumber } from '../../../../../server/domain/numbers/read-number.ts'
import {
  anOutboundRule,
  anOutboundTable,
  aRouteTable,
  aRoutingConfig,
  aRule,
  aTrunk,
  aTrunkWay,
  aVoiceAgent,
} from '../../../../support/builders.ts'
import { naiveWinner } from '../../../../support/naive-winner.ts'

const hangup = { type: 'hangup' } as const
const finish = <R>(work: Generator<unknown, R>): R => {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
const agents = [aVoiceAgent({ value: '+12025550123' })]
const study = (
  rules: readonly AnalysedRule[],
  outboundRules: readonly AnalysedRule<OutboundWay>[] = [],
  trunks = [aTrunk({ isDefault: true })],
) => finish(analyse({ config: aRoutingConfig({ agents, trunks }), atMs: 0, rules, outboundRules }, { limit: Infinity }))

const build = (parts: readonly Parameters<typeof aRule>[0][]): Route[] =>
  parts.map((part, i) => aRule({ target: hangup, ...part, ruleId: `rule-${i}`, age: i + 1 }))

/** What a dialled text is for these rules. */
const reader = (rules: readonly Route[]) => {
  const table = aRouteTable(...rules)
  const isKnown = (number: string) => table.isKnown(number) || agents.some(({ value }) => value === number)
  return (text: string): string => readNumber(text, { defaultCountry: 'US', isKnown }).number
}

/** One line per rule: what was found, or the call that reaches it. */
const verdicts = (parts: readonly Parameters<typeof aRule>[0][]) => {
  const { findings, reached } = study(build(parts))
  return [
    ...findings.map(({ ruleId, kind, otherId }) => `${ruleId} ${kind}${otherId === undefined ? '' : ` ${otherId}`}`),
    ...reached.map(({ ruleId, to }) => `${ruleId} ← ${to}`),
  ].toSorted()
}
const tenBelow = (prefix: string) => Array.from({ length: 10 }, (_, digit) => ({ pattern: `${prefix}${digit}*` }))

describe('the analysis of rules', () => {
  it('finds nothing in nothing', () => {
    expect(study([])).toEqual({ counts: {}, findings: [], moreFindings: 0, reached: [], moreReached: 0 })
  })

  it('tells who wins all calls of a rule, and shows one', () => {
    const { findings, counts } = study(
      build([
        { name: 'All', pattern: '+1*', priority: 5 },
        { name: 'Sales', pattern: '+1202*', priority: 6, callerPattern: '+44*' },
      ]),
    )
    expect(counts).toEqual({ shadowed: 1 })
    expect(findings).toEqual([
      {
        kind: 'shadowed',
        severity: 'warning',
        ruleId: 'rule-1',
        otherId: 'rule-0',
        witness: { to: '+12025550123', from: '+44025550123' },
        message:
          'No call reaches Rule Sales (+1202* from +44*): Rule All (+1*) goes first with priority 5 and takes all of them, for example +12025550123',
      },
    ])
  })

  it('tells duplicates from conflicts', () => {
    const message = (value: string) => ({ type: 'message' as const, value })
    expect(
      verdicts([
        { pattern: '+1*', target: message('one') },
        { pattern: '+1*', target: message('one'), priority: 200 },
        { pattern: '+1*', target: message('two') },
        { pattern: '+1*', target: message('two'), priority: 200 },
      ]),
    ).toEqual([
      'rule-0 ← +12025550123',
      'rule-1 duplicate rule-0',
      'rule-2 conflicting rule-0',
      'rule-3 shadowed rule-0',
    ])
  })

  it('lets a rule that a schedule closes at times shadow nobody, but be shadowed', () => {
    const [scheduled, always] = build([{ pattern: '+1*', priority: 1 }, { pattern: '+1*' }])
    const closed = (rule: Route | undefined): AnalysedRule => ({ ...(rule as Route), isSometimesClosed: true })
    expect(study([closed(scheduled), always as Route]).reached.map(({ ruleId }) => ruleId)).toEqual([
      'rule-0',
      'rule-1',
    ])
    expect(study([scheduled as Route, closed(always)]).counts).toEqual({ duplicate: 1 })
  })

  it('says what a pattern is understood as, where nobody can dial it', () => {
    expect(verdicts([{ pattern: '1001' }, { pattern: '+1*' }])).toEqual(['rule-0 unreachable', 'rule-1 ← +12025550123'])
    const [{ message } = { message: '' }] = study(build([{ pattern: '1001' }, { pattern: '+10*' }])).findings
    expect(message).toContain(
      '1001 is understood as +1001 when it is dialled (with + it is a known number); write +1001',
    )
    expect(verdicts([{ pattern: 'sip:bob*' }, { pattern: '+1', callerPattern: '<x' }])).toEqual([
      'rule-0 unreachable',
      'rule-1 unreachable',
    ])
    const unreadable = { ...aRule(), unreadable: 'the stored pattern cannot be read' }
    expect(study([unreadable]).findings[0]?.message).toContain('cannot be read')
  })

  it('knows when ten prefixes and a number leave a prefix nothing but odd texts', () => {
    const above = { pattern: '+1*', priority: 900 }
    const [odd] = study(build([above, ...tenBelow('+1'), { pattern: '+1' }])).findings
    expect(odd).toMatchObject({ kind: 'odd_numbers_only', ruleId: 'rule-0', witness: { to: '+1x' } })
    expect(odd?.message).toContain('other rules take every number it is meant for')
    expect(verdicts([above, ...tenBelow('+1')])).toContain('rule-0 ← +1')
    expect(verdicts([above, ...tenBelow('+1').slice(1), { pattern: '+1' }])).toContain('rule-0 ← +10')
    expect(verdicts([{ ...above, priority: 1 }, ...tenBelow('+1'), { pattern: '+1' }])).toContain('rule-0 ← +1')
    expect(verdicts([{ pattern: '+1*' }, { pattern: '10*' }]).at(-1)).toBe('rule-1 odd_numbers_only')
    // What begins like a known number with + is read as one, so no text of digits is left there either.
    const short = [{ pattern: '1*', priority: 900 }, ...tenBelow('1').slice(0, 9), { pattern: '1' }]
    expect(verdicts([...short, { pattern: '+19*' }])).toContain('rule-0 odd_numbers_only rule-10')
    expect(verdicts(short)).toContain('rule-0 ← 19')
    // Two levels, the lower of which is full as well, and the same for callers.
    const two = [...tenBelow('+1').slice(1), ...tenBelow('+10'), { pattern: '+1' }, { pattern: '+10' }]
    expect(verdicts([above, ...two])).toContain('rule-0 odd_numbers_only rule-20')
    const callers = two.map(({ pattern }) => ({ pattern: '+9', callerPattern: pattern }))
    const byCaller = { pattern: '+9', callerPattern: '+1*', priority: 900 }
    expect(verdicts([byCaller, ...callers])).toContain('rule-0 odd_numbers_only rule-20')
    expect(verdicts([byCaller, ...callers.slice(1)])).toContain('rule-0 ← +9')
  })

  it('finds a number for any, whatever the others take', () => {
    const any = { pattern: '*' }
    const plus = { pattern: '+*' }
    expect(verdicts([any])).toEqual(['rule-0 ← +12025550123'])
    expect(verdicts([any, plus]).at(0)).toBe('rule-0 ← anonymous')
    const words = { pattern: 'anon*' }
    expect(verdicts([any, plus, words]).at(0)).toBe('rule-0 ← x')
    const samples = ['+12*', '+44*', '+49*'].map((pattern) => ({ pattern }))
    expect(verdicts([any, words, ...samples]).at(0)).toBe('rule-0 ← +0')
    const noPlus = tenBelow('+')
    expect(verdicts([any, words, ...noPlus]).at(0)).toBe('rule-0 ← x')
  })

  it('stays silent where it can prove nothing', () => {
    const everyCharacter = Array.from({ length: 0xffde }, (_, i) => String.fromCharCode(0x21 + i)).filter(
      (text) => !/[\s*]/.test(text),
    )
    const rules = build([
      { pattern: 'a*', priority: 900 },
      { pattern: 'a' },
      ...everyCharacter.map((text) => ({ pattern: `a${text}*` })),
    ])
    const { findings, reached } = study([
      ...rules,
      { ...aRule({ pattern: 'a*', ruleId: 'star' }), pattern: { kind: 'prefix', value: 'a*' } },
    ])
    expect(findings.filter(({ ruleId }) => ruleId === 'rule-0')).toEqual([])
    expect(reached.filter(({ ruleId }) => ruleId === 'rule-0')).toEqual([])
  })

  it('comes to the end of the longest numbers, and of many rules', () => {
    const longest = `+${'1'.repeat(254)}`
    const rule = aRule({ ruleId: 'long', pattern: '+1*', priority: 900 })
    const prefix = { ...rule, pattern: { kind: 'prefix' as const, value: longest } }
    const { findings, reached } = study([prefix, aRule({ ruleId: 'exact', pattern: longest, target: hangup })])
    expect(reached.map(({ ruleId }) => ruleId)).toEqual(['exact'])
    expect(findings).toEqual([])
    const many = Array.from({ length: 1000 }, (_, i) => ({ pattern: `+1${String(i).padStart(3, '0')}*` }))
    const levels = [...many, ...tenBelow('+11'), ...['+1', '+100'].map((pattern) => ({ pattern })), { pattern: '1*' }]
    expect(study(build([{ pattern: '+1*', priority: 900 }, ...levels])).counts).toEqual({ odd_numbers_only: 1 })
  })

  it('lists as much as is asked for and counts the rest', () => {
    const rules = build([
      { pattern: '+1*' },
      { pattern: '+2*' },
      ...Array.from({ length: 5 }, () => ({ pattern: '+1*' })),
    ])
    const config = aRoutingConfig({ agents })
    const look = (listed: Parameters<typeof analyse>[1]) =>
      finish(analyse({ config, atMs: 0, rules, outboundRules: [] }, listed))
    expect(look({ limit: 1 })).toMatchObject({ counts: { duplicate: 5 }, moreFindings: 4, moreReached: 1 })
    expect(look({ limit: 9, ruleId: 'rule-3' })).toMatchObject({ counts: { duplicate: 1 }, reached: [] })
    expect(look({ limit: 9, kinds: ['shadowed'] })).toMatchObject({
      counts: { duplicate: 5 },
      findings: [],
      moreFindings: 0,
    })
  })
})

describe('the analysis of outbound rules', () => {
  const out = (parts: readonly Parameters<typeof anOutboundRule>[0][]) =>
    parts.map((part, i): AnalysedRule<OutboundWay> => ({
      ...anOutboundRule({ ...part, ruleId: `out-${i}`, age: i }),
      isOutbound: true,
    }))

  it('tells who takes their calls, shows one, and leaves inbound rules alone', () => {
    const { findings, reached } = study(
      build([{ pattern: '+44*', priority: 1 }]),
      out([
        { name: 'All', pattern: '+*', priority: 1 },
        { name: 'Away', pattern: '+44*', callerPattern: '1001' },
      ]),
      [aTrunk()],
    )
    expect(reached.map(({ ruleId }) => ruleId)).toEqual(['rule-0', 'out-0'])
    expect(findings).toEqual([
      {
        kind: 'shadowed',
        severity: 'warning',
        ruleId: 'out-1',
        otherId: 'out-0',
        witness: { to: '+44025550123', from: '1001' },
        message:
          'No call reaches Outbound rule Away (+44* from 1001): Outbound rule All (+*) goes first with priority 1 and takes all of them, for example +44025550123',
      },
    ])
  })

  it('tells which do the same, and which do something else for the same calls', () => {
    const ways: OutboundWay[] = [
      aTrunkWay(),
      aTrunkWay(),
      aTrunkWay({ prepend: '0' }),
      { type: 'agent', id: 'agent-a' },
      { type: 'agent', id: 'agent-a' },
    ]
    const { findings } = study([], out(ways.map((target) => ({ target }))), [aTrunk()])
    expect(findings.map(({ ruleId, kind }) => `${ruleId} ${kind}`)).toEqual([
      'out-1 duplicate',
      'out-2 conflicting',
      'out-3 conflicting',
      'out-4 conflicting',
    ])
    const agentsFirst = [ways[3]!, ways[4]!, ways[0]!]
    expect(
      study([], out(agentsFirst.map((target) => ({ target }))), [aTrunk()]).findings.map(({ kind }) => kind),
    ).toEqual(['duplicate', 'conflicting'])
  })

  it('reads numbers by the inbound rules', () => {
    const rules = build([{ pattern: '+99*' }])
    const { findings } = study(rules, out([{ pattern: '99001' }, { pattern: '88001' }]), [aTrunk()])
    expect(findings.map(({ ruleId, kind, message }) => [ruleId, kind, message.split('; ')[1]])).toEqual([
      ['out-0', 'unreachable', 'write +99001'],
    ])
  })
})

const digits = fc.stringMatching(/^[012]{1,3}$/)
const text = fc.oneof(
  { weight: 4, arbitrary: digits.map((more) => `+${more}`) },
  digits,
  fc.constantFrom('anonymous', 'anon', '', '+', '+1x', '1x', 'x', '+12025550123', '2025550123', '0012', '+120255501'),
)
const onePattern = fc.oneof(
  { weight: 3, arbitrary: digits.map((more) => `+${more}`) },
  { weight: 4, arbitrary: digits.map((more) => `+${more}*`) },
  digits.filter((more) => !/^00\d/.test(more)),
  digits.filter((more) => !/^00\d/.test(more)).map((more) => `${more}*`),
  fc.constantFrom('*', '+*', 'anonymous', 'anon*', 'x*'),
)
const caller = fc.option(onePattern, { nil: undefined })
const part = fc.record({
  pattern: onePattern,
  callerPattern: caller,
  priority: fc.integer({ min: 1, max: 4 }),
  enabled: fc.boolean().map((no) => !no),
})
/** A prefix below all that can follow it, or all but one: it is left odd texts, or that one number. */
const family = fc
  .record({
    prefix: fc.stringMatching(/^\+?[12]{0,2}$/).filter((prefix) => prefix !== ''),
    priority: fc.integer({ min: 1, max: 4 }),
    headPriority: fc.integer({ min: 1, max: 5 }),
    ownPriority: fc.integer({ min: 1, max: 5 }),
    callerPattern: caller,
    missing: fc.constantFrom('none', '0*', '1*', '2*', ''),
    isForCallers: fc.boolean(),
  })
  .map(({ prefix, priority, headPriority, ownPriority, callerPattern, missing, isForCallers }) =>
    [{ pattern: `${prefix}*`, priority: headPriority }, ...tenBelow(prefix), { pattern: prefix, priority: ownPriority }]
      .map((one) => ({ priority, enabled: true, ...one }))
      .filter(({ pattern }) => pattern !== '+' && pattern !== prefix + missing)
      .map(({ pattern, ...rest }) =>
        isForCallers ? { ...rest, pattern: '+1*', callerPattern: pattern } : { ...rest, pattern, callerPattern },
      ),
  )
const ruleSet = fc
  .tuple(fc.array(part, { maxLength: 12 }), fc.array(family, { maxLength: 3 }), fc.boolean())
  .chain(([parts, families, isWhole]) => {
    const all = [...parts, ...families.flat()]
    return fc.shuffledSubarray(all, { minLength: isWhole ? all.length : 0 })
  })
  .map((parts) =>
    build(
      parts.map(({ callerPattern, ...rest }) => ({ ...rest, ...(callerPattern !== undefined && { callerPattern }) })),
    ),
  )

type Verdicts = Pick<ReturnType<typeof study>, 'findings' | 'reached'>

/** What is said of rules is so: looked up in a table for its examples, and by a look at each rule for any calls. */
const holds = (
  rules: readonly Route<OutboundWay>[],
  { findings, reached }: Verdicts,
  read: (text: string) => string,
  calls: readonly (readonly [string, string])[],
): void => {
  const table = anOutboundTable(...rules)
  const winner = (to: string, from: string) => {
    // Every example is a number as a call can carry it.
    expect([read(to), read(from)]).toEqual([to, from])
    return table.match(to, from).route?.ruleId
  }
  for (const { ruleId, to, from } of reached) expect(winner(to, from)).toBe(ruleId)
  for (const { kind, ruleId, otherId, witness } of findings) {
    if (!witness) expect(kind).toBe('unreachable')
    else if (kind === 'odd_numbers_only') expect(winner(witness.to, witness.from)).toBe(ruleId)
    else {
      const wins = winner(witness.to, witness.from)
      expect(wins).not.toBe(ruleId)
      if (kind === 'shadowed') expect(wins).toBe(otherId)
    }
  }
  const enabled = rules.filter((rule) => rule.enabled).map(({ ruleId }) => ruleId)
  expect([...reached, ...findings].map(({ ruleId }) => ruleId).toSorted()).toEqual(enabled.toSorted())

  const never = new Set(findings.filter(({ kind }) => kind !== 'odd_numbers_only').map(({ ruleId }) => ruleId))
  const oddOnly = new Set(findings.filter(({ kind }) => kind === 'odd_numbers_only').map(({ ruleId }) => ruleId))
  for (const [to, from] of calls.map(([a, b]) => [read(a), read(b)] as const)) {
    const taken = naiveWinner(rules, to, from)
    expect(never.has(taken)).toBe(false)
    if (oddOnly.has(taken)) {
      const rule = rules.find(({ ruleId }) => ruleId === taken) as Route<OutboundWay>
      const isMeant = (pattern: Route['callerPattern'], number: string) =>
        pattern?.kind !== 'prefix' || !/^\+?\d*$/.test(pattern.value) || /^\+?\d+$/.test(number)
      expect(isMeant(rule.pattern, to) && isMeant(rule.callerPattern, from)).toBe(false)
    }
  }
}

describe('what the analysis says', () => {
  const manyCalls = fc.array(fc.tuple(text, text), { minLength: 60, maxLength: 60 })
  const numRuns = Number(process.env.SWITCHYARD_TEST_RUNS ?? 300)
  it('is so: no call reaches a rule it says none reaches, and its examples reach theirs', () => {
    fc.assert(
      fc.property(ruleSet, manyCalls, (rules, calls) => {
        holds(rules, study(rules), reader(rules), calls)
      }),
      { numRuns },
    )
  }, 600_000)

  it('is so for outbound rules, whatever inbound rules numbers are read by', () => {
    fc.assert(
      fc.property(ruleSet, ruleSet, manyCalls, (inbound, rules, calls) => {
        const outbound = rules.map((rule) => ({
          ...rule,
          ruleId: rule.ruleId.replace('rule', 'out'),
          target: aTrunkWay(),
          isOutbound: true,
        }))
        const { findings, reached } = study(inbound, outbound, [aTrunk()])
        const isOutbound = ({ ruleId }: { readonly ruleId?: string | undefined }) => ruleId?.startsWith('out') === true
        const ofOutbound = { findings: findings.filter(isOutbound), reached: reached.filter(isOutbound) }
        holds(outbound, ofOutbound, reader(inbound), calls)
      }),
      { numRuns },
    )
  }, 600_000)
})
