import { describe, expect, it } from 'vitest'
import { cxmlProblems } from '../../../../server/domain/cxml/validate-cxml.ts'
import { isCallbackUrl, isE164, isSipUri, isWssUrl } from '../../../../server/domain/cxml/dialable.ts'
import { hangup, reject, type Dial, type DialNoun, type Verb } from '../../../../server/domain/cxml/verbs.ts'

const aDial = (over: Partial<Dial> = {}): Dial => ({
  verb: 'Dial',
  to: { noun: 'Service', provider: 'vapi', number: '+12025550171' },
  timeoutSeconds: 20,
  timeLimitSeconds: 14_400,
  action: 'https://sw.example.com/voice/k/dial-result?s=1',
  ...over,
})

describe('a document that may leave', () => {
  it.each<[string, readonly Verb[]]>([
    ['a hang-up', hangup],
    ['a rejection', reject()],
    ['a service', [aDial()]],
    [
      'credentials',
      [aDial({ to: { noun: 'Service', provider: 'x', number: '+12025550171', username: 'u', password: 'p' } })],
    ],
    [
      'a number by trunks',
      [aDial({ to: { noun: 'Number', number: '1001' }, trunks: ['main-trunk', 'b2'], callerId: '+1 202' })],
    ],
    ['a dial without action, and what comes after it', [aDial({ action: undefined }), ...hangup]],
    [
      'a SIP address',
      [aDial({ to: { noun: 'Sip', uri: 'sip:a@h:5060;transport=tcp' }, action: '/voice/k/dial-result' })],
    ],
    [
      'a stream',
      [
        { verb: 'Connect', streamUrl: 'wss://h/s', parameters: { session: 't' } },
        { verb: 'Redirect', url: '/x' },
      ],
    ],
    ['a message', [{ verb: 'Say', text: 'Wir haben <zu> & schlafen 😴', language: 'de-DE' }, ...hangup]],
  ])('holds %s', (_what, document) => {
    expect(cxmlProblems(document)).toEqual([])
  })
})

const noun = (to: DialNoun): Verb[] => [aDial({ to })]
const service = (over: Partial<Extract<DialNoun, { noun: 'Service' }>>): Verb[] =>
  noun({ noun: 'Service', provider: 'vapi', number: '+12025550171', ...over })

describe('a document that may not', () => {
  it.each<[string, readonly Verb[]]>([
    ['an answer needs at least one verb', []],
    ['Service wants a number in E.164', service({ number: '12025550171' })],
    ['Service wants a number in E.164', service({ number: '+1202555017112345' })],
    ['Service wants a number in E.164', service({ number: '+02025550171' })],
    ['Service wants a number in E.164', service({ number: ' +12025550171' })],
    ['Service wants a provider key', service({ provider: '' })],
    ['Service wants a provider key', service({ provider: 'VAPI' })],
    ['username and password go together', service({ password: 'p' })],
    ['username and password go together', service({ username: 'u' })],
    ['username and password go together', service({ username: ' ', password: 'p' })],
    ['username and password cannot hold tabs', service({ username: 'u', password: 'a\tb' })],
    ['a Parameter cannot hold tabs', [{ verb: 'Connect', streamUrl: 'wss://h', parameters: { a: 'b\nc' } }]],
    ['Sip wants sip:user@host', noun({ noun: 'Sip', uri: 'sips:a@h' })],
    ['Sip wants sip:user@host', noun({ noun: 'Sip', uri: 'sip:h' })],
    ['Sip wants sip:user@host', noun({ noun: 'Sip', uri: 'sip:a@h;transport=ws' })],
    ['Number wants a number or subscriber', noun({ noun: 'Number', number: '' })],
    ['Number wants a number or subscriber', noun({ noun: 'Number', number: '+1 202' })],
    ['timeout wants whole seconds from 1 to 600', [aDial({ timeoutSeconds: 0 })]],
    ['timeout wants whole seconds from 1 to 600', [aDial({ timeoutSeconds: 20.5 })]],
    ['timeout wants whole seconds from 1 to 600', [aDial({ timeoutSeconds: NaN })]],
    ['timeLimit wants whole seconds from 1 to 86400', [aDial({ timeLimitSeconds: 86_401 })]],
    ['action wants an absolute or relative URL', [aDial({ action: '' })]],
    ['action wants an absolute or relative URL', [aDial({ action: 'javascript:x' })]],
    ['action wants an absolute or relative URL', [aDial({ action: '//evil.example.com/x' })]],
    ['action wants an absolute or relative URL', [aDial({ action: '/a b' })]],
    ['callerId wants 1 to 255 characters', [aDial({ callerId: '' })]],
    ['callerId wants 1 to 255 characters', [aDial({ callerId: ' +1' })]],
    ['callerId wants 1 to 255 characters', [aDial({ callerId: '1'.repeat(256) })]],
    ['callerId wants 1 to 255 characters', [aDial({ callerId: 'a\u2028b' })]],
    ['trunks wants at least one name', [aDial({ trunks: [] })]],
    ['"my trunk" is no trunk name', [aDial({ trunks: ['ok', 'my trunk'] })]],
    ['Stream wants a wss:// URL', [{ verb: 'Connect', streamUrl: 'ws://h', parameters: {} }]],
    ['Stream wants a wss:// URL', [{ verb: 'Connect', streamUrl: 'wss:///x', parameters: {} }]],
    ['a Parameter wants a name', [{ verb: 'Connect', streamUrl: 'wss://h', parameters: { ' ': 'x' } }]],
    ['Redirect wants a URL', [{ verb: 'Redirect', url: 'ftp://h/x' }]],
    ['Say wants a text', [{ verb: 'Say', text: ' \n', language: 'en' }]],
    ['"english" is no language tag', [{ verb: 'Say', text: 'x', language: 'english' }]],
    ['Reject knows rejected, busy, congestion, failed, not "bored"', [{ verb: 'Reject', reason: 'bored' as 'busy' }]],
    ['nothing may follow Hangup', [...hangup, ...hangup]],
    ['nothing may follow Dial', [aDial(), ...hangup]],
    ['nothing may follow Redirect', [{ verb: 'Redirect', url: '/x' }, ...hangup]],
    ['nothing may follow Reject', [...reject(), ...hangup]],
    ['characters that XML cannot carry', [{ verb: 'Say', text: 'bell \u0007', language: 'en' }]],
    ['characters that XML cannot carry', [{ verb: 'Say', text: 'half \ud83d', language: 'en' }]],
    ['characters that XML cannot carry', [{ verb: 'Say', text: 'none \uffff', language: 'en' }]],
    ['characters that XML cannot carry', [{ verb: 'Connect', streamUrl: 'wss://h', parameters: { 'a\u0000': '' } }]],
    ['characters that XML cannot carry', service({ username: 'u', password: '\u001b' })],
  ])('%s', (problem, document) => {
    expect(cxmlProblems(document).join('\n')).toContain(problem)
  })

  it('is told all that is wrong with it', () => {
    expect(cxmlProblems([aDial({ timeoutSeconds: 0, trunks: [], action: 'x' }), ...hangup])).toHaveLength(4)
  })
})

describe('what the platform can dial', () => {
  it.each([
    ['+12025550100', true],
    ['+4912345', true],
    ['+1234', false],
    ['12025550100', false],
    ['+1202555010012345', false],
    ['', false],
  ])('%j is an E.164 number: %s', (text, is) => expect(isE164(text)).toBe(is))
  it.each([
    ['sip:a@h', true],
    ['sip:+12025550100@sip.vapi.ai', true],
    ['sip:a@h;transport=tls;x=y', true],
    ['sip:a@h;y=z', true],
    ['a@h', false],
    ['SIP:a@h', false],
    ['sip:a b@h', false],
    ['sip:a@h:port', false],
  ])('%j is a SIP address: %s', (text, is) => expect(isSipUri(text)).toBe(is))
  it.each([
    ['wss://h', true],
    ['wss://h:8443/a?b=c', true],
    ['wss://[::1]/x', true],
    ['wss://münchen.example/x', true],
    ['ws://h', false],
    ['wss://', false],
    ['wss://a b', false],
    ['wss://h@x/', false],
  ])('%j is a WebSocket URL: %s', (text, is) => expect(isWssUrl(text)).toBe(is))
  it.each([
    ['https://h/x', true],
    ['http://127.0.0.1:8080/voice/k?s=1', true],
    ['/x', true],
    ['https://h', false],
    ['x', false],
    ['/\\evil', false],
    ['http:///x', false],
  ])('%j is an address of ours: %s', (text, is) => expect(isCallbackUrl(text)).toBe(is))
})
