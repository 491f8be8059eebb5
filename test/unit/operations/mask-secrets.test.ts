import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { maskHeaders, maskPayload } from '../../../server/operations/mask.ts'
import type { TenantInForce } from '../../../server/operations/tenant-directory.ts'

const inForce = {
  tenant: {
    tenantKey: 'the-tenant-key',
    previousKeys: [{ key: 'the-tenant-key-of-before', validUntilMs: 0 }],
    webhookApiKey: 'webhook "key" & more',
  },
} as unknown as TenantInForce

const mask = (payload: unknown): string =>
  maskPayload(typeof payload === 'string' ? payload : JSON.stringify(payload), inForce)
const deep = (levels: number, inside: unknown): unknown =>
  levels === 0 ? inside : JSON.stringify({ a: deep(levels - 1, inside) })

describe('what people may see of a payload', () => {
  it.each<[string, unknown]>([
    ['api_key', { api_key: 'HUNTER2' }],
    ['a list', { secret: ['HUNTER2'] }],
    ['an object', { password: { v: 'HUNTER2' } }],
    ['a number', { password: 1234567, other: 'HUNTER'.slice(6) }],
    ['camel case', { clientSecret: 'HUNTER2', accessToken: 'HUNTER2' }],
    ['a list of objects', [[{ 'authorization-api-key': 'HUNTER2' }]]],
    ['JSON in JSON, with escaped quotes inside', { SessionData: JSON.stringify({ password: 'a"HUNTER2"b\\' }) }],
    ['JSON in JSON in JSON', deep(3, { password: 'HUNTER2' })],
    ['more levels than anybody looks into', deep(9, { password: 'HUNTER2' })],
    ['a form with a blank', 'a=1&password=HUN TER2 HUNTER2&b=2'],
    ['a form in escapes', 'a=1&p%61ssword=HUNTER2'],
    ['JSON in a form', `a=1&SessionData=${encodeURIComponent('{"password":"x\\"HUNTER2"}')}`],
    ['a name in escapes', '{"p\\u0061ssword":"HUNTER2"}'],
    ['a name in escapes, in text', JSON.stringify({ a: '{"p\\u0061ssword":"HUNTER2"}' })],
    ['a query in a URL', { url: 'https://example.com/?x=1&api_key=HUNTER2&y=2' }],
    ['a form in JSON', { body: 'a=1&password=HUN TER2 HUNTER2' }],
    ['a credential in a value', { header: 'Bearer HUNTER2' }],
    ['a name beside its value in text', { note: 'password: HUNTER2 HUNTER2' }],
    ['the same name twice', '{"password":"HUNTER2","password":"HUNTER2"}'],
    ['JSON cut off', '{"a":1,"password":"x\\"HUNTER2'],
    ['JSON cut off, with escapes', '{"a":1,"p\\u0061ssword":"HUNTER2'],
    ['a multipart body', '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nHUNTER2\r\n--x--'],
    ['another prototype', '{"__proto__":{"password":"HUNTER2"}}'],
  ])('%s', (_name, payload) => {
    const masked = mask(payload)
    expect(masked).not.toMatch(/HUNTER2|1234567/)
    expect(masked).toContain('***')
  })

  it.each([
    ['as JSON', JSON.stringify({ a: 'webhook "key" & more', b: 'the-tenant-key-of-before' })],
    ['as a form', `a=${encodeURIComponent('webhook "key" & more')}&b=webhook+%22key%22+%26+more&c=the-tenant-key`],
    ['in a URL of ours', `{"url":"https:\\/\\/example.com\\/voice\\/the-tenant-key\\/dial-result?x=1\\u0026s=STATE"}`],
    ['in a URL of ours in a form', `u=${encodeURIComponent('https://example.com/voice/the-tenant-key/cdr?s=STATE')}`],
    ['in a query', 's=STATE&a=the-tenant-key'],
  ])('hides our own secrets and the signed state, %s', (_name, payload) => {
    expect(mask(payload)).not.toMatch(/key.{0,6}key|more|the-tenant-key|of-before|STATE/)
  })

  it('keeps what is no secret as it came, to the letter', () => {
    for (const kept of [
      '{ "token" : "0123", "hasPassword": true, "password": null, "n": 1.0 }',
      '{"message":"press 1 for a new password","more":[1,2]}',
      'From=%2B12025550123&To=%2B12025550100&note=100%25',
      'no JSON, no form',
      '',
    ])
      expect(mask(kept)).toBe(kept)
    expect(mask('{"a":{"b":1},"password":"x"}')).toBe('{"a":{"b":1},"password":"***"}')
    expect(mask('a=1&password=x&b=%20')).toBe('a=1&password=***&b=%20')
  })

  const million = 1024 * 1024
  it.each<[string, string]>([
    ['names without an end', 'password'.repeat(million / 8)],
    ['names in quotes', '"password":"'.repeat(million / 12)],
    ['names in a form', `a=${'&password='.repeat(million / 10)}`],
    ['assignments in text', JSON.stringify({ a: 'password='.repeat(million / 9) })],
    ['openings', '['.repeat(million)],
    ['a deep list', `${'['.repeat(million / 2)}${']'.repeat(million / 2)}`],
    ['a deep list with a secret', `${'['.repeat(400_000)}"password"${']'.repeat(400_000)}`],
    ['texts that look like JSON', JSON.stringify(Array.from({ length: 70_000 }, () => '{"password'))],
    ['escapes', `{"a":"${'\\u0061'.repeat(million / 6 - 2)}"}`],
    ['backslashes', `{"password":"${'\\'.repeat(million - 20)}`],
    ['blanks', `{"password"${' '.repeat(million - 20)}`],
    ['percent signs', `a=${'%41'.repeat(million / 3 - 2)}`],
    ['numbers', `{"password":1,"a":[${'1,'.repeat(million / 2 - 20)}1]}`],
    ['short fields', `{"password":1${Array.from({ length: 80_000 }, (_, i) => `,"${i}":"x"`).join('')}}`],
    ['queries', JSON.stringify({ a: '?s=/voice/'.repeat(million / 10) })],
  ])('takes one pass over a megabyte of %s', (_name, payload) => {
    const startedAt = performance.now()
    mask(payload)
    // A tenth of a second alone, hours if it were not one pass; the machine may have other things to do.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('shows the payloads of the platform as they are', () => {
    const folder = join(import.meta.dirname, '../../fixtures/cloudonix')
    for (const name of readdirSync(folder).filter((file) => /^(session|cdr|voice|dial)-.*json$/.test(file))) {
      const payload = readFileSync(join(folder, name), 'utf8')
      expect(mask(payload)).toBe(payload.replace(/\/voice\/[\w-]+/g, '/voice/***'))
    }
  })
})

describe('what people may see of headers', () => {
  it('hides credentials by name and our own secrets wherever they stand', () => {
    expect(
      maskHeaders(
        {
          authorization: 'Bearer abc',
          'x-api-key': 'abc',
          'x-auth-token': 'abc',
          'x-cx-apikey': 'abc',
          cookie: 'a=b',
          'x-cx-session': 'kept',
          'user-agent': 'Cloudonix APP.Core/1.0',
          'x-forwarded-uri': '/voice/the-tenant-key/dial-result?a=1&s=STATE',
          'x-original-key': 'the-tenant-key',
          referer: 'https://example.com/?password=abc&x=1',
          'x-note': 'basic abc',
        },
        inForce,
      ),
    ).toEqual({
      authorization: '***',
      'x-api-key': '***',
      'x-auth-token': '***',
      'x-cx-apikey': '***',
      cookie: '***',
      'x-cx-session': 'kept',
      'user-agent': 'Cloudonix APP.Core/1.0',
      'x-forwarded-uri': '/voice/***/dial-result?a=1&s=***',
      'x-original-key': '***',
      referer: 'https://example.com/?password=***&x=1',
      'x-note': 'basic ***',
    })
  })
})
