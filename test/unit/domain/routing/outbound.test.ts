import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptResult, Direction } from '../../../../shared/vocabulary.ts'
import type { TrunkPlan } from '../../../../server/domain/calls/call.ts'
import { classify, readNumbers } from '../../../../server/domain/routing/call-numbers.ts'
import { buildDocument } from '../../../../server/domain/routing/build-document.ts'
import { routeOutbound, toDial } from '../../../../server/domain/routing/outbound.ts'
import { rerun } from '../../../../server/domain/routing/rerun.ts'
import { routeInbound, routeOnward } from '../../../../server/domain/routing/routing-engine.ts'
import { nothingTried, type Routing, type Tried } from '../../../../server/domain/routing/routing.ts'
import type { RoutingConfig } from '../../../../server/domain/routing/routing-config.ts'
import { readFields } from '../../../../server/domain/webhooks/fields.ts'
import { readVoiceRequest, type OutboundSign } from '../../../../server/domain/webhooks/read-voice-request.ts'
import {
  aGroup,
  anOutboundRule,
  aPattern,
  aRoutingConfig,
  aRule,
  aTrunk,
  aTrunkWay,
} from '../../../support/builders.ts'
import { aWalker } from '../../../support/walk.ts'

const callee = '+12025550145'
const trunks = ['trunk-a', 'trunk-b', 'trunk-c'].map((id) => aTrunk({ id }))
const twoTrunks = aTrunkWay({ trunkIds: ['trunk-a', 'trunk-b'] })
const configured = (over: Parameters<typeof aRoutingConfig>[0] = {}): RoutingConfig =>
  aRoutingConfig({
    trunks,
    outboundRules: [anOutboundRule({ target: twoTrunks })],
    outboundAllow: [aPattern('+1*')],
    ...over,
  })

it('reads of a dialled text no more than a number may have, and no half character', () => {
  const text = `${'x'.repeat(254)}😀`
  const { from, to } = readNumbers(configured(), text, `<sip:${'1'.repeat(249)}😀>`)
  expect([from.text, from.number]).toEqual(['x'.repeat(254), 'x'.repeat(254)])
  expect([to.text, to.number].every((read) => read.isWellFormed())).toBe(true)
})

const tried = (over: Partial<Tried> = {}): Tried => ({
  ...nothingTried,
  caller: '1001',
  direction: 'outbound',
  atMs: 0,
  ...over,
})
interface Asked {
  from?: string
  to?: string
  sign?: OutboundSign | undefined
  walker?: ReturnType<typeof aWalker>
  before?: Tried
}
const route = (config: RoutingConfig, asked: Asked = {}) => {
  const usual = { from: '1001', to: callee, sign: 'authenticated' as const, walker: aWalker(), before: tried() }
  const { from, to, sign, walker, before } = { ...usual, ...asked }
  return walker.run(routeOutbound(config, readNumbers(config, from, to), sign, before))
}
const documentOf = (config: RoutingConfig, routing: Parameters<typeof buildDocument>[1]) =>
  buildDocument(config, routing, 'token', '/action')
const lastStep = ({ steps }: Pick<Routing, 'steps'>) => {
  const last = steps.at(-1)
  return `${last?.because} → ${last?.outcome}`
}

describe('an outbound call', () => {
  it.each([[[]], [['trunk-a']], [['trunk-a', 'trunk-b']]])(
    'is decided alike when made again from its explanation, with %j full',
    (full) => {
      const { rules, steps, ruleId, trunk } = route(configured(), { walker: aWalker({}, full) })
      const number = { text: callee, number: callee, how: '' }
      const [rule, choice] = rerun({ summary: '', trigger: 'voice_request', to: number, rules, steps })
      expect(rule).toMatchObject({ kind: 'rule', stored: ruleId, again: ruleId })
      expect(choice).toMatchObject({ kind: 'trunk', stored: trunk?.id, again: trunk?.id })
    },
  )

  it('goes by its rule through the first trunk, and says which were compared', () => {
    const config = configured({
      outboundRules: [
        anOutboundRule({ ruleId: 'other', name: 'Other caller', callerPattern: '2002', age: 0 }),
        anOutboundRule({ target: { ...twoTrunks, callerId: '+12025550100' } }),
      ],
    })
    const routing = route(config)
    expect(routing).toMatchObject({
      ruleId: 'out-1',
      trunk: { id: 'trunk-a' },
      trunkPlan: { left: ['trunk-b'], callerId: '+12025550100', isAuthenticated: true },
      groupAttempts: 1,
      rules: [
        { name: 'Other caller', verdict: 'caller 1001 does not match 2002' },
        { name: 'Out', chosen: true },
      ],
      steps: [
        {
          because: 'outbound rule Out',
          outcome: '+12025550145 through trunk trunk-a',
          trunks: [
            { name: 'trunk-a', chosen: true },
            { name: 'trunk-b', chosen: false },
          ],
        },
      ],
    })
    expect(documentOf(config, routing)).toMatchObject([
      { verb: 'Dial', trunks: ['trunk-a'], callerId: '+12025550100', to: { noun: 'Number', number: callee } },
    ])
  })

  it('is rejected without a rule, whatever the default target is', () => {
    const routing = route(configured({ outboundRules: [], defaultTarget: { type: 'group', id: 'group-1' } }))
    expect(routing).toMatchObject({ target: { type: 'reject', value: 'rejected' }, ruleId: undefined })
    expect(lastStep(routing)).toContain('no outbound rule matches')
  })

  it.each<[string, Partial<RoutingConfig>, Asked, string]>([
    ['is a number that may not be dialled', { outboundAllow: [] }, {}, 'outboundAllow is empty'],
    ['is a number that is not allowed', {}, { to: '+442079460958' }, 'matches nothing that outboundAllow names'],
    ['is denied', { outboundDeny: [aPattern('+12025*')] }, {}, 'matches +12025* of outboundDeny'],
    ['is answered already', {}, { sign: 'answered' }, 'the callee has answered already'],
    ['has a caller that is only its number', {}, { sign: undefined }, '1001 is not marked mayDialOut'],
    ['has a caller of another application', {}, { sign: 'unproven' }, '1001 is not marked mayDialOut'],
    ['is no number', { outboundAllow: [aPattern('*')] }, { to: 'nobody' }, '"nobody" is nothing that a trunk can dial'],
  ])('reaches no trunk when it %s', (_, over, asked, words) => {
    const walker = aWalker()
    const routing = route(configured(over as Parameters<typeof configured>[0]), { ...asked, walker })
    expect(routing.target).toEqual({ type: 'reject', value: 'rejected' })
    expect(lastStep(routing)).toContain(words)
    expect(walker.askedTrunks).toEqual([])
  })

  const anything = [aPattern('*')]
  const through = (over: Parameters<typeof aTrunkWay>[0]) => [anOutboundRule({ target: aTrunkWay(over) })]

  it.each<[string, string, Parameters<typeof configured>[0], string]>([
    [
      'too long, with another prefix in it',
      '+1011442079460000',
      { outboundDeny: [aPattern('+44*')] },
      'at most 15 digits',
    ],
    [
      'too long once stripped',
      '+1011442079460000',
      { outboundRules: through({ stripDigits: 1 }) },
      'at most 15 digits',
    ],
    ['longer than its country has', '+1202555014599', {}, 'no country has one of that length'],
    ['with 0 after +', '+0019005550100', { outboundAllow: [aPattern('+*')] }, 'the first not 0'],
    ['with 0 after 0000', '000019005550100', { outboundAllow: [aPattern('+*')] }, 'the first not 0'],
    ['with a star in it', '+1*9005550100', {}, 'the first not 0'],
    [
      'with the zero that is left out abroad',
      '+44 (0)909 879 0000',
      { defaultCountry: 'GB', outboundAllow: [aPattern('+44*')], outboundDeny: [aPattern('+449*')] },
      '+4409098790000 is no international number; it is written +449098790000',
    ],
    [
      'made of a prepended + and digits of the caller',
      '9011442079460000',
      { outboundAllow: anything, outboundRules: through({ stripDigits: 1, prepend: '+1' }) },
      '+1011442079460000 is no international number',
    ],
    ['that is a code', '*31#', { outboundAllow: anything }, '"*31#" has a * or # in it'],
    [
      'that ends in a code',
      '9*72',
      { outboundAllow: anything, outboundRules: through({ stripDigits: 1 }) },
      '"*72" has a * or # in it',
    ],
    [
      'of which nothing is left',
      '12',
      { outboundAllow: anything, outboundRules: through({ stripDigits: 2, prepend: '9' }) },
      '"9" is nothing that a trunk can dial',
    ],
  ])('reaches no trunk by a number %s', (_, to, over, words) => {
    const walker = aWalker()
    const routing = route(configured(over), { to, walker })
    expect(routing.target).toEqual({ type: 'reject', value: 'rejected' })
    expect(lastStep(routing)).toContain(words)
    expect(walker.askedTrunks).toEqual([])
  })

  it('has a code before its number where the rule puts it there, and none where the rule takes it off', () => {
    const dialled = (to: string, way: Parameters<typeof aTrunkWay>[0]) =>
      route(configured({ outboundAllow: anything, outboundRules: through(way) }), { to }).target
    expect(dialled(callee, { prepend: '*31#' })).toEqual({ type: 'number', value: '*31#12025550145' })
    expect(dialled('*912025550145', { stripDigits: 2 })).toEqual({ type: 'number', value: '12025550145' })
  })

  const patterns = (...texts: string[]) => texts.map(aPattern)
  const outsideLine = [anOutboundRule({ pattern: '9*', target: aTrunkWay({ stripDigits: 1 }) })]

  it.each<[string, string, string]>([
    ['911', '+91*', '911'],
    ['112', '+1*', '112'],
    ['711', '+7*', '711'],
    ['2525', '+252*', '2525'],
  ])(
    'of an emergency number, a short code or an extension goes whatever countries are denied: %s',
    (to, deny, dialled) => {
      const config = configured({ outboundAllow: patterns(to, '+1*'), outboundDeny: patterns(deny) })
      expect(route(config, { to }).target).toEqual({ type: 'number', value: dialled })
      const behind = configured({
        outboundRules: outsideLine,
        outboundAllow: patterns('9*', '+1*'),
        outboundDeny: patterns(deny),
      })
      expect(route(behind, { to: `9${to}` }).target).toEqual({ type: 'number', value: dialled })
    },
  )

  it.each<[string, string, Parameters<typeof configured>[0], string]>([
    [
      'abroad behind an outside line',
      '9011442079460000',
      { outboundRules: outsideLine, outboundAllow: patterns('9*', '+1*', '+44*'), outboundDeny: patterns('+44*') },
      '+442079460000, which is what the trunk may take 011442079460000 for, matches +44* of outboundDeny',
    ],
    [
      'at home behind an outside line',
      '99005550100',
      { outboundRules: outsideLine, outboundAllow: patterns('9*', '+1*'), outboundDeny: patterns('+1900*') },
      '+19005550100, which is what the trunk may take 9005550100 for, matches +1900* of outboundDeny',
    ],
    [
      'behind an outside line and a code of the rule',
      '99005550100',
      {
        outboundRules: through({ stripDigits: 1, prepend: '*31#' }),
        outboundAllow: anything,
        outboundDeny: patterns('+1900*'),
      },
      'matches +1900* of outboundDeny',
    ],
    [
      'abroad that nobody knows',
      '0112526999123456',
      { outboundAllow: anything, outboundDeny: patterns('+252*') },
      '+2526999123456, which is what the trunk may take 0112526999123456 for, matches +252* of outboundDeny',
    ],
    [
      'abroad with the zero that is left out',
      '011 44 0909 879 0000',
      { outboundAllow: anything, outboundDeny: patterns('+449*') },
      'matches +449* of outboundDeny',
    ],
    [
      'international without its +',
      '719005550100',
      { outboundRules: through({ stripDigits: 1 }), outboundAllow: anything, outboundDeny: patterns('+1900*') },
      'matches +1900* of outboundDeny',
    ],
    [
      'of another country once its own is stripped',
      '+4919005550100',
      { outboundRules: through({ stripDigits: 2 }), outboundAllow: anything, outboundDeny: patterns('+1900*') },
      'matches +1900* of outboundDeny',
    ],
    [
      'that the trunk gets without +',
      '+19005550100',
      { outboundAllow: anything, outboundDeny: patterns('1900*') },
      '+19005550100 without its + matches 1900* of outboundDeny',
    ],
    [
      'by how it was dialled abroad',
      'sip:011-44-2079460000@example.net',
      { outboundAllow: anything, outboundDeny: patterns('011*') },
      '011442079460000, as it was dialled, matches 011* of outboundDeny',
    ],
    [
      'by how it was dialled at home',
      '0900 1234567',
      { defaultCountry: 'DE', outboundAllow: patterns('+49*'), outboundDeny: patterns('0900*') },
      '09001234567, as it was dialled, matches 0900* of outboundDeny',
    ],
    [
      'that a rule made',
      callee,
      {
        outboundRules: through({ stripDigits: 1, prepend: '77' }),
        outboundAllow: anything,
        outboundDeny: patterns('77*'),
      },
      '772025550145, which is what the trunk would get, matches 77* of outboundDeny',
    ],
    [
      'that may be one though nobody has it',
      '5551230100',
      { outboundAllow: anything, outboundDeny: patterns('+1555*') },
      '+15551230100, which is what the trunk may take 5551230100 for, matches +1555* of outboundDeny',
    ],
  ])('is denied by what is dialled: a number %s', (_, to, over, words) => {
    const routing = route(configured(over), { to })
    expect(routing.target).toEqual({ type: 'reject', value: 'rejected' })
    expect(lastStep(routing)).toContain(words)
  })

  it('behind an outside line needs its destination allowed, not the line alone', () => {
    const lastOf = (to: string, ...allow: string[]) =>
      lastStep(route(configured({ outboundRules: outsideLine, outboundAllow: patterns(...allow) }), { to }))
    expect(lastOf('9011442079460000', '9*', '+1*')).toContain(
      '+442079460000, which is what the trunk may take 011442079460000 for, matches nothing that outboundAllow names',
    )
    expect(lastOf('93035550100', '9*')).toContain('+13035550100, which is what the trunk may take 3035550100 for')
    expect(lastOf('93035550100', '9*', '+1*')).toContain('3035550100 through trunk trunk-a')
    expect(lastOf('93035550100', '*')).toContain('3035550100 through trunk trunk-a')
    expect(lastOf('9011442079460000', '9*', '+44*')).toContain('011442079460000 through trunk trunk-a')
    expect(lastOf('95550100', '9*')).toContain('5550100 through trunk trunk-a')
  })

  it('is not taken for one to another country because of digits that a rule puts before all of it', () => {
    const config = configured({
      outboundRules: through({ prepend: '9' }),
      outboundAllow: anything,
      outboundDeny: patterns('+91*'),
    })
    expect(route(config).target).toEqual({ type: 'number', value: '912025550145' })
  })

  it('is judged without a country that is known, too', () => {
    const over = { defaultCountry: 'XX', outboundAllow: anything, outboundDeny: patterns('+44*') }
    expect(lastStep(route(configured(over), { to: '011442079460000' }))).toContain('011442079460000 through trunk')
    expect(lastStep(route(configured(over), { to: '00442079460000' }))).toContain('matches +44* of outboundDeny')
  })

  it('of a number that may dial out goes as one of a device', () => {
    const config = configured({ numbers: new Map([['+12025550171', { kind: 'agent', mayDialOut: true }]]) })
    expect(route(config, { from: '+12025550171', sign: undefined }).trunk?.id).toBe('trunk-a')
  })

  it('goes to an agent or a group where the rule says so, also when the callee has answered', () => {
    const config = configured({ outboundRules: [anOutboundRule({ target: { type: 'group', id: 'group-1' } })] })
    expect(route(config, { sign: 'answered' }).agent?.id).toBe('agent-a')
  })

  it('never goes to a number by a fallback or a default target', () => {
    const number = { type: 'number' as const, value: '+13035550100', trunkIds: ['trunk-a'] }
    const config = configured({
      groups: [aGroup({ members: [], fallback: number })],
      defaultTarget: number,
      outboundRules: [anOutboundRule({ target: { type: 'group', id: 'group-1' } })],
    })
    const routing = route(config)
    expect(routing.target).toEqual({ type: 'hangup' })
    expect(routing.steps.map(({ outcome }) => outcome)).toContain(
      'number +13035550100 passed over: only an outbound rule sends a call that goes out to a number',
    )
  })
})

describe('trunks', () => {
  it('go by priority, then as they are named; the default one stands in where none is', () => {
    const order = (
      over: Parameters<typeof aRoutingConfig>[0],
      way = aTrunkWay({ trunkIds: ['trunk-b', 'trunk-a'] }),
    ) => {
      const { trunk, trunkPlan } = route(configured({ outboundRules: [anOutboundRule({ target: way })], ...over }))
      return [trunk?.id, ...(trunkPlan?.left ?? [])]
    }
    expect(order({})).toEqual(['trunk-b', 'trunk-a'])
    expect(order({ trunks: [aTrunk({ priority: 1 }), aTrunk({ id: 'trunk-b' })] })).toEqual(['trunk-a', 'trunk-b'])
    const none = aTrunkWay({ trunkIds: [] })
    expect(order({ trunks: [...trunks, aTrunk({ id: 'main', isDefault: true })] }, none)).toEqual(['main'])
    const without = route(configured({ outboundRules: [anOutboundRule({ target: none })] }))
    expect(lastStep(without)).toContain('it names no trunk, and there is no default trunk')
  })

  it.each([
    [undefined, 'was deleted'],
    [aTrunk({ enabled: false }), 'disabled'],
    [aTrunk({ direction: 'inbound' }), 'takes no calls out, its direction is inbound'],
    [aTrunk({ platformState: 'vanished' }), 'Cloudonix does not have it any more'],
    [aTrunk({ platformState: 'inactive' }), 'inactive at Cloudonix'],
    [aTrunk({ name: 'my trunk' }), 'its name "my trunk" cannot stand in a document'],
  ])('%# are passed over that cannot take calls out', (trunk, words) => {
    const config = configured({
      trunks: [...(trunk ? [trunk] : []), aTrunk({ id: 'trunk-b', platformState: 'present' })],
    })
    const routing = route(config)
    expect(routing.trunk?.id).toBe('trunk-b')
    expect(routing.steps[0]?.trunks?.map(({ verdict }) => verdict)).toContain(words)
    const nobody = route({ ...config, trunks: new Map() })
    expect(nobody.target).toEqual({ type: 'reject', value: 'congestion' })
  })

  it('that are full are passed over, and stay for a later attempt', () => {
    expect(route(configured(), { walker: aWalker({}, ['trunk-a']) })).toMatchObject({
      trunk: { id: 'trunk-b' },
      trunkPlan: { left: ['trunk-a'] },
    })
  })

  interface Onward {
    direction?: Direction
    attempts?: number
    number?: string
    to?: string
    plan?: Partial<TrunkPlan>
  }
  const onward = (
    config: RoutingConfig,
    result: AttemptResult,
    left: string[],
    { direction = 'outbound', attempts = 1, plan = {}, ...call }: Onward = {},
  ) =>
    aWalker().run(
      routeOnward(config, {
        result,
        groupId: undefined,
        groupAttempts: attempts,
        trunk: { number: callee, to: callee, ...call, plan: { left, callerId: '+1', isAuthenticated: true, ...plan } },
        tried: tried({ numbers: [callee], attempts, direction }),
      }),
    )
  const withDefault = configured({ defaultTarget: { type: 'agent', id: 'agent-a' } })

  it('follow one another when a dial failed, never the same twice, and then the call ends', () => {
    expect(onward(withDefault, 'failed', ['trunk-b', 'trunk-c'])).toMatchObject({
      target: { type: 'number', value: callee },
      trunk: { id: 'trunk-b' },
      trunkPlan: { left: ['trunk-c'], callerId: '+1', isAuthenticated: true },
      groupAttempts: 2,
    })
    expect(onward(withDefault, 'failed', []).target).toEqual({ type: 'hangup' })
  })

  it('follow one another only while the number may be dialled', () => {
    const denied = { ...withDefault, outboundDeny: [aPattern('+12025*')] }
    const stopped = onward(denied, 'failed', ['trunk-b'])
    expect(stopped.target).toEqual({ type: 'hangup' })
    expect(lastStep(stopped)).toContain('next trunk after failed: +12025550145 matches +12025* of outboundDeny')
    expect(lastStep(onward({ ...withDefault, outboundAllow: [] }, 'failed', ['trunk-b']))).toContain('is empty')
    const behindLine = { ...withDefault, outboundAllow: [aPattern('*')], outboundDeny: [aPattern('+44*')] }
    const abroad = { number: '011442079460000', to: '9011442079460000' }
    expect(lastStep(onward(behindLine, 'failed', ['trunk-b'], abroad))).toContain('matches +44* of outboundDeny')
    expect(onward(denied, 'failed', ['trunk-b'], { direction: 'inbound' }).trunk?.id).toBe('trunk-b')
  })

  it('follow one another for a caller known by its number alone while that may dial out', () => {
    const plan = { isAuthenticated: undefined }
    expect(lastStep(onward(withDefault, 'failed', ['trunk-b'], { plan }))).toContain('1001 is not marked mayDialOut')
    const numbers = new Map([['1001', { kind: 'agent' as const, mayDialOut: true }]])
    expect(onward({ ...withDefault, numbers }, 'failed', ['trunk-b'], { plan }).trunk?.id).toBe('trunk-b')
  })

  it.each<AttemptResult>(['busy', 'no_answer'])(
    'do not follow one another after %s, unless a setting says so',
    (result) => {
      const stopped = onward(withDefault, result, ['trunk-b'])
      expect(stopped.target).toEqual({ type: 'hangup' })
      expect(lastStep(stopped)).toContain(`a result of ${result.replace('_', ' ')} does not fail over`)
      expect(onward({ ...withDefault, trunkRetryOn: [result] }, result, ['trunk-b']).trunk?.id).toBe('trunk-b')
    },
  )

  it('are tried as often as the tenant says, however many a rule names', () => {
    const many = ['trunk-b', 'trunk-c']
    expect(onward(withDefault, 'failed', many, { attempts: 2 }).trunk?.id).toBe('trunk-b')
    const spent = onward(withDefault, 'failed', many, { attempts: 3 })
    expect(spent.target).toEqual({ type: 'hangup' })
    expect(lastStep(spent)).toContain('the attempts through trunks are used up (3 of 3)')
  })

  it('leave a caller of an inbound call to the default target, after busy without another trunk', () => {
    for (const result of ['busy', 'failed'] as const)
      expect(onward(withDefault, result, [], { direction: 'inbound' }).agent?.id).toBe('agent-a')
    expect(onward(withDefault, 'busy', ['trunk-b'], { direction: 'inbound' }).agent?.id).toBe('agent-a')
    expect(onward(withDefault, 'failed', ['trunk-b'], { direction: 'inbound' }).trunk?.id).toBe('trunk-b')
    expect(onward(withDefault, 'cancelled', ['trunk-b'], { direction: 'inbound' }).target).toEqual({ type: 'hangup' })
  })

  it('ring for as long as numbers do, which is not as long as agents', () => {
    const walker = aWalker()
    expect(route(configured(), { walker }).ringTimeoutSeconds).toBe(60)
    expect(walker.askedTrunks[0]?.ringTimeoutSeconds).toBe(60)
  })
})

it('digits are stripped and put before, and the + goes with them', () => {
  const dial = (stripDigits: number, prepend: string, number = callee) => toDial(number, { stripDigits, prepend })
  expect([dial(0, ''), dial(1, ''), dial(0, '9'), dial(1, '+1'), dial(1, '+49', '0301234')]).toEqual([
    callee,
    '2025550145',
    '912025550145',
    callee,
    '+49301234',
  ])
})

it('a forged caller number reaches no trunk but where it may dial out, and no number of its choice else', () => {
  const callers = ['+12025550171', '+12025550172', '+12025550199', '1001', 'anonymous', '']
  const way = fc.constantFrom(twoTrunks, aTrunkWay({ trunkIds: [] }), aTrunkWay({ stripDigits: 1 }))
  const assistant = fc.constantFrom(
    { type: 'group' as const, id: 'group-1' },
    { type: 'agent' as const, id: 'agent-a' },
  )
  const number = { type: 'number' as const, value: '+13035550100' }
  const anyTarget = fc.constantFrom(
    undefined,
    number,
    { ...number, trunkIds: ['trunk-a'] },
    { type: 'hangup' as const },
  )
  const pattern = fc.constantFrom('*', '+1*', callee)
  const priority = fc.nat(3)
  const own = fc.record({ kind: fc.constantFrom('did' as const, 'agent' as const), mayDialOut: fc.boolean() })
  const seen = new Set<string>()
  fc.assert(
    fc.property(
      fc.record({
        outboundRules: fc.array(fc.record({ target: fc.oneof(way, assistant), pattern, priority })),
        rules: fc.array(fc.record({ target: fc.oneof(assistant, fc.constant(number)), pattern, priority })),
        numbers: fc.dictionary(fc.constantFrom(...callers, callee), own),
        from: fc.constantFrom(...callers),
        to: fc.constantFrom(callee, '+442079460958', '999', '*31#', '9011442079460000'),
        // As the platform says it of calls whose device it has not authenticated.
        word: fc.constantFrom('inbound', '', 'something else', 'application', 'outbound-api'),
        fallback: anyTarget,
        defaultTarget: anyTarget,
        isRevoked: fc.boolean(),
      }),
      ({ outboundRules, rules, numbers: listed, from, to, word, fallback, defaultTarget, isRevoked }) => {
        const config = configured({
          outboundAllow: [aPattern('*')],
          trunks: trunks.map((trunk) => ({ ...trunk, isDefault: true })),
          groups: [aGroup({ fallback })],
          defaultTarget,
          rules: rules.map((rule, age) => aRule({ ...rule, ruleId: String(age), age })),
          outboundRules: outboundRules.map((rule, age) => anOutboundRule({ ...rule, ruleId: String(age), age })),
          numbers: new Map(Object.entries(listed)),
        })
        const revoked = { ...config, numbers: new Map() }
        const numbers = readNumbers(config, from, to)
        const { sign } = readVoiceRequest(readFields({ From: from, To: to, Direction: word }))
        const direction = classify(config, sign !== undefined, numbers)
        const mayDialOut = listed[from]?.mayDialOut === true && sign !== 'answered'
        const check = (routing: Routing, before: Tried, mayLeave: boolean): void => {
          const { agent, group, groupAttempts, target, trunk, trunkPlan } = routing
          expect(trunkPlan?.isAuthenticated).toBeUndefined()
          if (target.type === 'number') {
            seen.add(`${direction}, ${before.attempts === 0 ? 'first' : 'onward'}`)
            if (direction === 'outbound') expect([mayLeave, trunk !== undefined]).toEqual([true, true])
            else expect(target.value).toBe(number.value)
          }
          if (!agent && target.type !== 'number') return
          const after = tried({
            ...before,
            attempts: before.attempts + 1,
            agentIds: [...before.agentIds, ...(agent ? [agent.id] : [])],
            numbers: [...before.numbers, ...(target.type === 'number' ? [target.value] : [])],
          })
          const onward = routeOnward(isRevoked ? revoked : config, {
            result: 'failed',
            groupId: group?.id,
            groupAttempts,
            trunk: trunkPlan && target.type === 'number' ? { number: target.value, to, plan: trunkPlan } : undefined,
            tried: after,
          })
          check(aWalker().run(onward), after, mayLeave && !isRevoked)
        }
        const before = tried({ caller: numbers.from.number, direction })
        const first: Routing = aWalker().run(
          direction === 'outbound'
            ? routeOutbound(config, numbers, sign, before)
            : routeInbound(config, numbers, before),
        )
        check(first, before, mayDialOut)
      },
    ),
    { numRuns: 1000 },
  )
  expect([...seen].sort()).toEqual(['inbound, first', 'inbound, onward', 'outbound, first', 'outbound, onward'])
})
