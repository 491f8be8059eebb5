import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../../server/domain/audit/canonical-json.ts'
import { pickFields, toldFields } from '../../../../server/domain/audit/changed-fields.ts'
import { createRedaction, secretsOf } from '../../../../server/domain/audit/redact.ts'

const hide = (text: string): string =>
  `hash:${createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(parseInt(digit, 16)))}`
const redacted = (value: unknown) => createRedaction(hide, secretsOf(value))(value)

describe('what the audit log shows of a value', () => {
  it('hides numbers wherever they stand, the same for the same one however it is written', () => {
    const same = hide('12025550100')
    expect(
      redacted({
        pattern: '+12025550100',
        name: 'VIP +1 (202) 555-0100 at night',
        target: { type: 'number', value: '1202-555-0100' },
        metadata: { crm: 'tel:+1202%20555%200100', '+12025550100': 'caller' },
        phone: 12025550100,
      }),
    ).toEqual({
      pattern: same,
      name: `VIP ${same} at night`,
      target: { type: 'number', value: same },
      metadata: { crm: `tel:${same}`, [same]: 'caller' },
      phone: same,
    })
  })

  it('hides extensions where numbers are expected, and shows prefixes, times, ids and counts', () => {
    const shown = {
      pattern: '+1202*',
      weekly: [{ day: 1, from: '08:00', to: '18:00' }],
      holidays: [{ date: '2026-12-25' }],
      target: { type: 'agent', id: '0123456789abcdefghjk' },
      trunkIds: ['01234567890123456789'],
      priority: 10,
      validUntilMs: 1_764_000_000_000,
      enabled: true,
      scheduleId: null,
      text: 'Press 1 or 22 or 333',
    }
    expect(redacted(shown)).toEqual(shown)
    expect(redacted({ from: '1001', to: 'anonymous', outboundAllow: ['112', '9*'] })).toEqual({
      from: hide('1001'),
      to: 'anonymous',
      outboundAllow: [hide('112'), '9*'],
    })
  })

  it('hides secrets by the names of their fields, and wherever else they stand', () => {
    expect(
      redacted({
        password: 'p4ssw0rd',
        tenantKey: 'key-of-tenant',
        previousKeys: [{ key: 'older-key', validUntilMs: 1 }],
        hasPassword: true,
        webhookApiKey: undefined,
        secret: '',
        note: 'the key-of-tenant and older-key',
      }),
    ).toEqual({
      password: hide('p4ssw0rd'),
      tenantKey: hide('key-of-tenant'),
      previousKeys: hide('[{"key":"older-key","validUntilMs":1}]'),
      hasPassword: true,
      webhookApiKey: undefined,
      secret: '',
      note: `the ${hide('key-of-tenant')} and ${hide('older-key')}`,
    })
  })

  it.each([
    ['wss://host/path?token=abc&x=1', `wss://host/path?token=${hide('abc')}&x=${hide('1')}`],
    ['https://me:pass@host/', `https://${hide('me:pass')}@host/`],
    ['sip:agent:pass@host', `sip:agent:${hide('pass')}@host`],
    ['Bearer abc', `Bearer ${hide('abc')}`],
    ['https://host/voice/key/application', `https://host/voice/${hide('key')}/application`],
  ])('hides credentials in %s', (text, shown) => {
    expect(redacted({ value: text })).toEqual({ value: shown })
  })

  it('holds none of the numbers and secrets that went in, wherever they stood', () => {
    const digits = fc
      .array(fc.constantFrom(...Array.from('0123456789')), { minLength: 7, maxLength: 15 })
      .map((list) => list.join(''))
    const spelled = fc
      .tuple(digits, fc.array(fc.constantFrom('', ' ', '-', '.', ' (', ') ', '/', '%20', '\u00a0'), { maxLength: 15 }))
      .map(([number, between]) => ({ number, text: Array.from(number, (d, i) => d + (between[i] ?? '')).join('') }))
    const secret = fc.string({ minLength: 12, maxLength: 40 }).filter((text) => /[a-z]{3}/i.test(text))
    const around = fc.constantFrom('', 'call ', 'sip:', 'tel:+', '"', ' or ', 'x')
    const secretField = fc.constantFrom('password', 'webhookApiKey', 'tenantKey', 'clientSecret', 'hash', 'api_key')
    const field = fc.constantFrom('name', 'value', 'pattern', 'from', 'help', 'whatever', 'members')
    fc.assert(
      fc.property(
        spelled,
        secret,
        around,
        around,
        secretField,
        field,
        fc.jsonValue({ maxDepth: 2 }),
        (number, key, ahead, behind, secretName, name, other) => {
          const value = {
            [secretName]: key,
            [name]: `${ahead}${number.text}${behind}`,
            nested: [{ [name]: { deep: `${ahead}${key}${behind} ${number.text}` } }],
            [`${ahead}${number.text}`]: other,
          }
          const shown = createRedaction(hide, secretsOf(value))({ ...value, other })
          const text = JSON.stringify(shown)
          const own = JSON.stringify(other)
          if (!own.replace(/\D/g, '').includes(number.number))
            expect(text.replace(/[^\da-z]/gi, '')).not.toContain(number.number)
          expect(text).not.toContain(JSON.stringify(key).slice(1, -1))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the fields that tell of a change', () => {
  const before = {
    id: 'a',
    name: 'A',
    createdAtMs: 1,
    updatedAtMs: 1,
    version: 1,
    tags: ['x'],
    settings: { b: 1, a: 2 },
  }

  it('are those that differ, and the name', () => {
    const after = { ...before, updatedAtMs: 2, version: 2, tags: ['x', 'y'], settings: { a: 2, b: 1 } }
    expect(toldFields(before, after)).toEqual(['name', 'tags', 'version'])
    expect(pickFields(after, ['name', 'tags', 'password'])).toEqual({ name: 'A', tags: ['x', 'y'] })
  })

  it('are all of what is new or gone', () => {
    expect(toldFields(undefined, before)).toEqual(['name', 'settings', 'tags', 'version'])
    expect(toldFields(before, undefined)).toEqual(['name', 'settings', 'tags', 'version'])
    expect(pickFields(undefined, ['name'])).toBeUndefined()
    expect(toldFields(undefined, undefined)).toEqual([])
  })
})

describe('canonical JSON', () => {
  it('is the same for the same content', () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: null }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":null}]}')
    expect(canonicalJson(undefined)).toBe('null')
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse())
        expect(canonicalJson(turned)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
