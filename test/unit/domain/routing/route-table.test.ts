import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matches } from '../../../../server/domain/routing/pattern.ts'
import type { Route } from '../../../../server/domain/routing/route-table.ts'
import { aRouteTable, aRule } from '../../../support/builders.ts'
import { naiveWinner } from '../../../support/naive-winner.ts'

const from = '+12025550123'
const winner = (rules: readonly Route[], to: string, caller = from): string | undefined =>
  aRouteTable(...rules).match(to, caller).route?.ruleId

describe('a route table', () => {
  it('knows nothing when it is empty', () => {
    const table = aRouteTable()
    expect(table.match('+1202', from)).toEqual({ route: undefined, considered: [], more: 0 })
    expect(table.isKnown('+1202')).toBe(false)
    expect(table.isDid('+1202')).toBe(false)
    expect(table.size).toBe(0)
  })

  it('knows its rules by name, thousands of them too', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) =>
      aRule({ ruleId: `rule-${i}`, name: `Rule ${i}`, pattern: `+1202${i}*`, priority: i % 7, age: i }),
    )
    const table = aRouteTable(...rules)
    expect(table.size).toBe(10_000)
    for (const i of [0, 4095, 4096, 9999]) {
      expect(table.nameOf(`rule-${i}`)).toBe(`Rule ${i}`)
      expect(table.match(`+1202${i}`, from).route?.ruleId).toBe(naiveWinner(rules, `+1202${i}`, from))
    }
    expect(table.nameOf('rule-10000')).toBeUndefined()
    expect(aRouteTable(...rules.slice(5, 6)).match('+12025', from).route).toEqual(rules[5])
  })

  it('takes the lowest priority first, however vague its pattern', () => {
    const rules = [
      aRule({ ruleId: 'exact', pattern: '+12025550100', priority: 20 }),
      aRule({ ruleId: 'any', pattern: '*', priority: 10 }),
    ]
    expect(winner(rules, '+12025550100')).toBe('any')
  })

  it('takes the most specific pattern at equal priority', () => {
    const rules = [
      aRule({ ruleId: 'any', pattern: '*' }),
      aRule({ ruleId: 'short', pattern: '+1*' }),
      aRule({ ruleId: 'long', pattern: '+1202*' }),
      aRule({ ruleId: 'exact', pattern: '+12025550100', age: 9 }),
    ]
    expect(winner(rules, '+12025550100')).toBe('exact')
    expect(winner(rules, '+12025550199')).toBe('long')
    expect(winner(rules, '+13035550100')).toBe('short')
    expect(winner(rules, 'anonymous')).toBe('any')
  })

  it('takes the older one of equals', () => {
    expect(winner([aRule({ ruleId: 'young', age: 2 }), aRule({ ruleId: 'old', age: 1 })], '+12025550100')).toBe('old')
  })

  it('passes over what is disabled or for other callers, and says so in order', () => {
    const table = aRouteTable(
      aRule({ ruleId: 'off', enabled: false, age: 1 }),
      aRule({ ruleId: 'vip', callerPattern: '+4420*', age: 2 }),
      aRule({ ruleId: 'all', age: 3 }),
      aRule({ ruleId: 'never asked', pattern: '*' }),
    )
    expect(
      table.match('+12025550100', from).considered.map(({ route, passedOver }) => [route.ruleId, passedOver]),
    ).toEqual([
      ['off', 'disabled'],
      ['vip', `caller ${from} does not match +4420*`],
      ['all', undefined],
    ])
    expect(table.match('+12025550100', '+442079460958').route?.ruleId).toBe('vip')
  })

  it('asks about the schedules of what would match, and counts every rule unasked', () => {
    const table = aRouteTable(
      aRule({ ruleId: 'other caller', callerPattern: '+44*', scheduleId: 'day', priority: 1 }),
      aRule({ ruleId: 'by day', scheduleId: 'day', priority: 2 }),
      aRule({ ruleId: 'by night', scheduleId: 'night', priority: 3 }),
      aRule({ ruleId: 'by day too', scheduleId: 'day', priority: 4 }),
    )
    const closed = (id: string) => (scheduleId: string) => (scheduleId === id ? `${id} is over` : undefined)
    expect(table.match('+12025550100', from).route?.ruleId).toBe('by day')
    expect(table.match('+12025550100', from, closed('night')).route?.ruleId).toBe('by day')
    const { route, considered } = table.match('+12025550100', from, closed('day'))
    expect(route).toMatchObject({ ruleId: 'by night', scheduleId: 'night' })
    expect(considered.map(({ passedOver }) => passedOver)).toEqual([
      `caller ${from} does not match +44*`,
      'day is over',
      undefined,
    ])
    expect(table.isKnown('+12025550100')).toBe(true)
  })

  it('lists a screenful of what it passed over and counts the rest', () => {
    const off = Array.from({ length: 30 }, (_, i) => aRule({ ruleId: `off-${i}`, enabled: false, age: i }))
    const { considered, more, route } = aRouteTable(...off, aRule({ ruleId: 'on', age: 99 })).match(
      '+12025550100',
      from,
    )
    expect([considered.length, more, route?.ruleId]).toEqual([21, 10, 'on'])
  })

  it('knows the numbers of its exact and prefix rules, and none for a rule for any', () => {
    const table = aRouteTable(
      aRule({ pattern: '+12025550100', enabled: false }),
      aRule({ pattern: '+4420*' }),
      aRule({ pattern: '*' }),
    )
    expect(
      ['+12025550100', '+442079460958', '+4420', '+13035550100', '+12025550', '1001', ''].map(table.isKnown),
    ).toEqual([true, true, true, false, false, false, false])
  })

  it('takes for a DID what an exact rule in force names, and no number that a prefix covers', () => {
    const table = aRouteTable(
      aRule({ pattern: '+1202*' }),
      aRule({ pattern: '+12025550100', enabled: false }),
      aRule({ pattern: '+12025550101', enabled: false }),
      aRule({ pattern: '+12025550101', callerPattern: '+44*' }),
      aRule({ pattern: '+12025550102' }),
      aRule({ pattern: '+12025550102', enabled: false }),
      aRule({ pattern: '*' }),
    )
    expect(['+12025550100', '+12025550101', '+12025550102', '+12025550103', '+1202', '1001'].map(table.isDid)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('holds many callers of one number without a look at each', () => {
    const rules = Array.from({ length: 3000 }, (_, i) =>
      aRule({ ruleId: `caller-${i}`, callerPattern: `+4420${i}`, age: i }),
    )
    const table = aRouteTable(...rules, aRule({ ruleId: 'rest', age: 9999 }))
    expect(table.match('+12025550100', '+4420777').route?.ruleId).toBe('caller-777')
    expect(table.match('+12025550100', from)).toMatchObject({ route: { ruleId: 'rest' }, more: 0 })
  })
})

describe('the winner', () => {
  const digits = fc.stringMatching(/^[12]{1,5}$/)
  const pattern = fc.oneof(
    digits.map((text) => `+${text}`),
    digits.map((text) => `+${text}*`),
    fc.constantFrom('*', '+*', 'anonymous', 'anon*'),
  )
  const number = fc.oneof(
    digits.map((text) => `+${text}`),
    fc.constantFrom('anonymous', '', '1001'),
  )
  const ruleFor = (patterns: fc.Arbitrary<string>, callers: fc.Arbitrary<string | undefined>) =>
    fc.record({
      pattern: patterns,
      callerPattern: callers,
      priority: fc.integer({ min: 1, max: 3 }),
      enabled: fc.boolean(),
      scheduleId: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    })
  const build = (
    parts: {
      pattern: string
      callerPattern: string | undefined
      priority: number
      enabled: boolean
      scheduleId: string | undefined
    }[],
  ): Route[] =>
    parts.map(({ callerPattern, ...part }, i) =>
      aRule({ ...part, ...(callerPattern !== undefined && { callerPattern }), ruleId: `rule-${i}`, age: i + 1 }),
    )

  it('is the one that a look at every rule finds', () => {
    fc.assert(
      fc.property(
        fc.array(ruleFor(pattern, fc.option(pattern, { nil: undefined })), { maxLength: 40 }),
        fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 10 }),
        fc.subarray(['a', 'b', 'c']),
        (parts, calls, closed) => {
          const whyClosed = (id: string) => (closed.includes(id) ? 'closed' : undefined)
          const rules = build(parts)
          const table = aRouteTable(...rules)
          for (const [to, caller] of calls) {
            expect(table.match(to, caller).route?.ruleId).toBe(naiveWinner(rules, to, caller))
            expect(table.match(to, caller, whyClosed).route?.ruleId).toBe(naiveWinner(rules, to, caller, closed))
            expect(table.isKnown(to)).toBe(
              rules.some((rule) => rule.pattern.kind !== 'any' && matches(rule.pattern, to)),
            )
            expect(table.isDid(to)).toBe(
              rules.some((rule) => rule.enabled && rule.pattern.kind === 'exact' && matches(rule.pattern, to)),
            )
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is so too where many rules share a pattern and differ by caller', () => {
    fc.assert(
      fc.property(
        fc.array(ruleFor(fc.constantFrom('+12', '+12', '+1*', '*'), fc.option(pattern, { nil: undefined })), {
          minLength: 20,
          maxLength: 120,
        }),
        fc.array(number, { minLength: 1, maxLength: 10 }),
        (parts, callers) => {
          const rules = build(parts)
          const table = aRouteTable(...rules)
          for (const caller of callers)
            for (const to of ['+12', '+1', 'x'])
              expect(table.match(to, caller).route?.ruleId).toBe(naiveWinner(rules, to, caller))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is so for as many random numbers as one has time for', () => {
    const wanted = Number(process.env.SWITCHYARD_TEST_NUMBERS ?? 20_000)
    const perTable = 500
    let asked = 0
    fc.assert(
      fc.property(
        fc.array(ruleFor(pattern, fc.option(pattern, { nil: undefined })), { minLength: 5, maxLength: 60 }),
        fc.array(fc.tuple(number, number), { minLength: perTable, maxLength: perTable }),
        (parts, calls) => {
          const rules = build(parts)
          const table = aRouteTable(...rules)
          const wrong = calls.filter(
            ([to, caller]) => table.match(to, caller).route?.ruleId !== naiveWinner(rules, to, caller),
          )
          asked += calls.length
          expect(wrong).toEqual([])
        },
      ),
      { numRuns: Math.ceil(wanted / perTable) },
    )
    expect(asked).toBeGreaterThanOrEqual(wanted)
  }, 600_000)
})
