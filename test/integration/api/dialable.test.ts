import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

interface Refusal {
  error: { code: string; message: string; details?: { path: string }[] }
}
const refused = async (method: string, path: string, body: unknown, status: number, words: RegExp, at?: string) => {
  const answer = await test.api<Refusal>(method, path, body)
  expect(answer.status).toBe(status)
  expect(answer.body.error.message).toMatch(words)
  if (at !== undefined) expect(answer.body.error.details?.[0]?.path).toBe(at)
}

describe('what no document could carry is refused when it is saved', () => {
  const agent = { name: 'X', provider: 'vapi', value: '+12025550111', username: 'u', password: 'p' }
  it.each<[string, object, RegExp, string]>([
    ['a control character in a user name', { username: 'u\u0007' }, /username holds .*control character/, '/username'],
    ['a line break in a password', { password: 'p\nq' }, /password holds .*line break/, '/password'],
    ['half a letter in a password', { password: 'p\ud800' }, /password holds/, '/password'],
    ['a blank user name', { username: '  ' }, /username is blank/, '/username'],
    ['a control character in a value', { provider: 'sip', value: 'sip:a\u0001b@example.com' }, /value holds/, '/value'],
    ['a country code of zero', { value: '+02025550111' }, /E\.164/, '/value'],
  ])('%s', async (_name, change, words, at) => {
    await refused('POST', `${site.path}/voice-agents`, { ...agent, ...change }, 400, words, at)
    const id = site.agents[0]?.id
    const { name: _kept, ...rest } = { ...agent, ...change }
    await refused('PATCH', `${site.path}/voice-agents/${id}`, { version: 1, ...rest }, 400, words, at)
  })

  it('a language that is none', () =>
    refused(
      'PATCH',
      site.path,
      { version: 1, settings: { sayLanguage: 'english' } },
      400,
      /"english" is no language; write a tag such as en-US/,
      '/settings/sayLanguage',
    ))

  it.each([
    ['of blanks', ' \n ', /message of blanks/],
    ['with a bell', 'ring\u0007', /control character/],
  ])('a message %s', async (_name, value, words) => {
    const target = { type: 'message', value }
    await refused('POST', `${site.path}/inbound-rules`, { pattern: '*', target }, 400, words, '/target')
    await refused('PATCH', site.path, { version: 1, defaultTarget: target }, 400, words, '/defaultTarget')
    await refused(
      'PATCH',
      site.path,
      { version: 1, settings: { emergencyTarget: target } },
      400,
      words,
      '/settings/emergencyTarget',
    )
    await refused('POST', `${site.path}/agent-groups`, { name: 'G', fallback: target }, 400, words, '/fallback')
  })

  it('another way to dial while agents do not fit it', async () => {
    const { body } = await test.api<{ items: { id: string; version: number }[] }>('GET', '/providers?search=retell')
    const [provider] = body.items
    const change = { version: provider?.version, dialAs: 'sip', valueKind: 'sipUri' }
    await refused('PATCH', `/providers/${provider?.id}`, change, 409, /Agent 2 of tenant Acme; change or move them/)
    await refused('PATCH', `/providers/${provider?.id}`, { version: provider?.version, key: 'other' }, 409, /Agent 2/)
  })
})
