import { describe, expect, it } from 'vitest'
import { endpointLines } from '../../../../renderer/features/tenants/endpoint-lines.ts'
import { checkDraft, cleanDomain, inputOf, problemsOf } from '../../../../renderer/features/tenants/tenant-form.ts'
import { codeOf } from '../../../../renderer/features/sign-in/code-of.ts'

const draft = { name: ' Acme ', domain: 'https://Acme.Cloudonix.net/x', webhookApiKey: '' }

describe('the tenant form', () => {
  it('forgives what people paste', () => {
    expect(cleanDomain(draft.domain)).toBe('acme.cloudonix.net')
    expect(inputOf(draft, 'Europe/Berlin')).toEqual({
      name: 'Acme',
      domain: 'acme.cloudonix.net',
      timeZone: 'Europe/Berlin',
    })
  })
  it('says what is missing, beside the field', () => {
    expect(Object.keys(checkDraft({ name: ' ', domain: '', webhookApiKey: '' }))).toEqual(['name', 'domain'])
    expect(checkDraft({ ...draft, domain: 'ac me' })).toHaveProperty('domain')
    expect(checkDraft(draft)).toEqual({})
  })
  it('puts the objections of the server where they belong', () => {
    const failure = { code: 'INVALID_INPUT' as const, message: 'no' }
    expect(problemsOf({ ...failure, details: [{ path: '/domain', message: 'taken' }] })).toEqual({ domain: 'taken' })
    expect(problemsOf({ ...failure, details: [{ path: '/settings', message: 'x' }] })).toEqual({ form: 'no' })
    expect(problemsOf(failure)).toEqual({ form: 'no' })
  })
})

describe('the URLs to enter', () => {
  const endpoints = {
    application: '/voice/k/application',
    method: 'POST' as const,
    dialResult: '/d',
    session: '/voice/k/session',
    cdr: '/voice/k/cdr',
    refused: [],
  }
  it('are paths until the public address is known', () => {
    expect(endpointLines(endpoints).map((line) => line.value)).toEqual([
      '/voice/k/application',
      '/voice/k/session',
      '/voice/k/cdr',
    ])
  })
  it('are whole otherwise, however the server put them', () => {
    const whole = 'https://x.example/voice/k/application'
    expect(endpointLines({ ...endpoints, base: 'https://x.example' })[0]?.value).toBe(whole)
    expect(endpointLines({ ...endpoints, base: 'https://x.example', application: whole })[0]?.value).toBe(whole)
  })
})

describe('the code of a sign-in link', () => {
  it.each([
    ['http://127.0.0.1:8081/#/sign-in?code=abc-1', 'abc-1'],
    [' abc-1 ', 'abc-1'],
    ['', undefined],
    ['http://127.0.0.1/', undefined],
    ['two words', undefined],
  ])('in %j is %j', (text, code) => expect(codeOf(text)).toBe(code))
})
