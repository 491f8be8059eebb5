import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asText,
  foldWord,
  readAmount,
  readFields,
  readTimeMs,
  readWord,
} from '../../../../server/domain/webhooks/fields.ts'
import { isFinal, readSessionUpdate } from '../../../../server/domain/webhooks/read-session-update.ts'
import { readCdr } from '../../../../server/domain/webhooks/read-cdr.ts'
import { readDialResult } from '../../../../server/domain/webhooks/read-dial-result.ts'
import { readVoiceRequest } from '../../../../server/domain/webhooks/read-voice-request.ts'
import { readToken } from '../../../../server/domain/webhooks/token.ts'

describe('fields', () => {
  it('are found in any case, with or without underscores, the exact name first', () => {
    const fields = readFields({ call_sid: 'a', FROM: 'b', CallSid: 'c', rx_mos: 1 })
    expect(fields.text('CallSid')).toBe('c')
    expect(fields.text('callsid')).toBe('a')
    expect(fields.text('From')).toBe('b')
    expect(fields.get('rxMos')).toBe(1)
    expect(fields.get('nothing')).toBeUndefined()
  })

  it('are looked for under other spellings where the exact one is null or blank', () => {
    const fields = readFields({
      From: null,
      from: 'a',
      To: ' ',
      to: null,
      t_o: 5,
      Domain: '',
      CallSid: '',
      callsid: ' ',
    })
    expect(fields.get('From')).toBe('a')
    expect(fields.get('To')).toBe(5)
    expect(fields.get('Domain')).toBe('')
    expect(fields.text('CallSid', 'to')).toBe('5')
    expect(
      readFields({ Session: '', session: { a: 1 } })
        .object('Session')
        .get('a'),
    ).toBe(1)
  })

  it('are text of whole characters, also where the platform or a limit cut one', () => {
    const fields = readFields(JSON.parse('{"a":"x\\ud83d","b":{"token":"\\ude00"}}'))
    expect(fields.text('a')).toBe('x\ufffd')
    expect(readToken(fields.object('b'), {})).toBe('\ufffd')
    expect(readToken(readFields({}), { 'x-cx-session': '\ud83d' })).toBe('\ufffd')
    expect(readWord(readFields({ status: `${'x'.repeat(63)}😀` }), 'status')).toBe(`${'x'.repeat(63)}\ufffd`)
  })

  it('are text where they are a word, a number or a claim, and nothing where they are blank', () => {
    const fields = readFields({ a: 5, b: true, c: '', d: ' ', e: {}, f: null, g: 'x' })
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => fields.text(name))).toEqual([
      '5',
      'true',
      undefined,
      undefined,
      undefined,
      undefined,
      'x',
    ])
    expect(fields.text('c', 'g')).toBe('x')
    expect(fields.get('f', 'a')).toBe(5)
    expect(asText(undefined)).toBeUndefined()
  })

  it.each([
    [{ a: { b: 1 } }],
    [{ a: '{"b":1}' }],
    [{ a: [{ b: 1 }] }],
    [{ a: '[null,{"b":1}]' }],
    [[{ A: ' {"B":1}' }]],
  ])('hold objects as %j', (value) => {
    expect(readFields(value).object('a').get('b')).toBe(1)
  })

  it.each([[undefined], [null], [5], ['text'], ['{broken'], [[]], [['x']], [{ a: '{broken' }], [{ a: 7 }]])(
    'are empty where %j holds none',
    (value) => {
      const inner = readFields(value).object('a')
      expect(inner.isEmpty).toBe(true)
      expect(inner.get('b')).toBeUndefined()
    },
  )

  it('of an object without prototype are fields like others', () => {
    expect(readFields(Object.assign(Object.create(null) as object, { From: '1' })).text('from')).toBe('1')
    expect(readFields({}).get('constructor', 'toString', '__proto__')).toBeUndefined()
  })

  it('fold words to their letters', () => {
    expect(['NO ANSWER', 'no-answer', 'no_answer', 'NoAnswer'].map(foldWord)).toEqual(Array(4).fill('noanswer'))
  })
})

describe('a time', () => {
  const ms = 1_767_268_800_000
  it.each([
    [ms, ms],
    [ms / 1000, ms],
    [String(ms), ms],
    [String(ms / 1000), ms],
    [' 1767268800 ', ms],
    ['2026-01-01T12:00:00.000Z', ms],
    ['2026-01-01T12:00:00Z', ms],
    ['2026-01-01 12:00:00', ms],
    ['2026-01-01T12:00', ms],
    ['2026-01-01T13:00:00+01:00', ms],
    [1767268800.5, ms + 500],
    [0, undefined],
    ['0', undefined],
    [null, undefined],
    [undefined, undefined],
    ['', undefined],
    [' ', undefined],
    [-5, undefined],
    [NaN, undefined],
    ['NaN', undefined],
    [Infinity, undefined],
    [1e300, undefined],
    [true, undefined],
    [{}, undefined],
    [[5], undefined],
    ['soon', undefined],
    ['call 5', undefined],
    ['2026-13-45T99:00:00Z', undefined],
  ])('%j is %j', (value, expected) => {
    expect(readTimeMs(value)).toBe(expected)
  })
})

describe('an amount', () => {
  it.each([
    [4.2, 4.2],
    ['4.2', 4.2],
    [0, 0],
    ['0', 0],
    ['NaN', undefined],
    [NaN, undefined],
    [-1, undefined],
    ['', undefined],
    [' ', undefined],
    [null, undefined],
    [{}, undefined],
    [Infinity, undefined],
    [31_622_400, 31_622_400],
    [1e9, undefined],
    ['1e300', undefined],
  ])('%j is %j', (value, expected) => {
    expect(readAmount(value)).toBe(expected)
  })
})

describe('reading what anybody sends', () => {
  const names = [
    'CallSid',
    'session',
    'SessionData',
    'From',
    'To',
    'Direction',
    'status',
    'disposition',
    'billsec',
    'qos',
    'callAnswerTime',
    'DialCallStatus',
    'timestamp',
    'duration',
    '__proto__',
  ]
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom('NaN', '0', 0, null, '{}', '[{}]', 'BUSY', '2026-01-01'),
        fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 1 })),
      ),
    ),
  )

  it('never throws', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const fields = readFields(value)
        readVoiceRequest(fields)
        readDialResult(fields, false)
        isFinal(readSessionUpdate(fields))
        const cdr = readCdr(fields)
        expect(cdr.talkSeconds ?? 0).toBeGreaterThanOrEqual(0)
        const token = readToken(fields, {})
        expect(token === undefined || token.trim() !== '').toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
