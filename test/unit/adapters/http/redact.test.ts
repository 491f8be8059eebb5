import { describe, expect, it } from 'vitest'
import { describeError, maskedPath } from '../../../../server/adapters/http/redact.ts'

describe('the path of a request in a log', () => {
  it.each([
    ['/voice/k3y/application?To=%2B1', '/voice/…/application'],
    ['/voice/k3y', '/voice/…'],
    ['/api/v1/tenants?search=x', '/api/v1/tenants'],
    ['', ''],
  ])('%s is %s', (url, shown) => expect(maskedPath(url)).toBe(shown))
})

describe('an error in a log', () => {
  it('carries its name, code and stack, but no key, credential or query string', () => {
    const error = Object.assign(
      new TypeError(
        'GET http://host/voice/k3y/cdr?sig=s1gned failed\nauthorization: Bearer t0ken\n"x-cx-apikey": "apik3y"\nsent basic dXNlcg==',
      ),
      { code: 'ECONNRESET' },
    )
    const shown = describeError(error)
    expect(shown).toMatchObject({ error: 'TypeError', code: 'ECONNRESET' })
    expect(shown['stack']).toContain('/voice/…/cdr')
    for (const secret of ['k3y', 's1gned', 't0ken', 'apik3y', 'dXNlcg'])
      expect(JSON.stringify(shown)).not.toContain(secret)
  })

  it('without a stack shows its message; a code that is no text is left out', () => {
    const error = Object.assign(new Error('sent Bearer t0ken'), { code: 5 })
    delete error.stack
    expect(describeError(error)).toEqual({ error: 'Error', stack: 'sent Bearer …' })
  })

  it('that is no error is shown as text', () => {
    expect(describeError('no /voice/k3y')).toEqual({ error: 'no /voice/…' })
    expect(describeError(undefined)).toEqual({ error: 'undefined' })
  })

  it('comes with what caused it, however that loops', () => {
    expect(describeError(new Error('outer', { cause: 'at /voice/k3y' }))).toMatchObject({
      cause: { error: 'at /voice/…' },
    })
    const circle = new Error('circle')
    circle.cause = circle
    expect(JSON.stringify(describeError(circle)).match(/"cause"/g)).toHaveLength(5)
  })
})
