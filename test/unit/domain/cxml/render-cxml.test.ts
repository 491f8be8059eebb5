import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { maskDocument, maskUrl, renderCxml } from '../../../../server/domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../../../../server/domain/cxml/validate-cxml.ts'
import type { CxmlDocument, DialNoun, Verb } from '../../../../server/domain/cxml/verbs.ts'
import { rejectReasons } from '../../../../shared/vocabulary.ts'
import { checkCxml } from '../../../support/cxml-check.ts'

/** What a reader of the XML finds: elements by depth with their attributes and text. */
const reading = (xml: string): { name: string; depth: number; attributes: Record<string, string>; text: string }[] => {
  const found: ReturnType<typeof reading> = []
  const path: typeof found = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, depth: path.length, attributes: { ...(attributes as Record<string, string>) }, text: '' }
    found.push(node)
    path.push(node)
  })
  parser.on('text', (text) => {
    const node = path.at(-1)
    if (node) node.text += text
  })
  parser.on('closetag', () => path.pop())
  parser.write(xml).close()
  return found
}

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from(`<>&"'\t\n\r ]]>äß😀\u2028`)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
})
const wild = fc.oneof(
  text,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('+12025550100', 'sip:a@h', '/x', 'wss://h', 'en-US', 'vapi'),
)
const e164 = fc.stringMatching(/^\+[1-9][0-9]{4,14}$/)
const path = fc.stringMatching(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,60}$/)
const address = fc.oneof(
  path,
  path.map((rest) => `https://sw.example.com:8443${rest}`),
)
const noun = (anyText: fc.Arbitrary<string>): fc.Arbitrary<DialNoun> =>
  fc.oneof(
    fc.record({
      noun: fc.constant('Service' as const),
      provider: fc.constantFrom('vapi', 'superdash.ai'),
      number: e164,
    }),
    fc.record({
      noun: fc.constant('Service' as const),
      provider: fc.constant('vapi'),
      number: fc.oneof(e164, anyText),
      username: anyText,
      password: anyText,
    }),
    fc.record({
      noun: fc.constant('Sip' as const),
      uri: fc.oneof(fc.constantFrom('sip:a&b<c@h', 'sip:a@h;transport=udp'), anyText),
      username: anyText,
      password: anyText,
    }),
    fc.record({ noun: fc.constant('Number' as const), number: fc.oneof(e164, anyText) }),
  )
const verb = (anyText: fc.Arbitrary<string>): fc.Arbitrary<Verb> =>
  fc.oneof(
    fc.record({
      verb: fc.constant('Dial' as const),
      to: noun(anyText),
      timeoutSeconds: fc.constantFrom(1, 20, 600, 0, 1.5),
      timeLimitSeconds: fc.constantFrom(1, 86_400, 86_401),
      action: fc.option(fc.oneof(address, anyText), { nil: undefined }),
      callerId: fc.option(anyText, { nil: undefined }),
      trunks: fc.option(fc.array(fc.oneof(fc.constant('main-1'), anyText), { maxLength: 2 }), { nil: undefined }),
    }),
    fc.record({
      verb: fc.constant('Connect' as const),
      streamUrl: fc.oneof(fc.constant('wss://h/a&b'), anyText),
      parameters: fc.dictionary(anyText, anyText, { maxKeys: 3 }),
    }),
    fc.record({ verb: fc.constant('Redirect' as const), url: fc.oneof(address, anyText) }),
    fc.record({
      verb: fc.constant('Say' as const),
      text: anyText,
      language: fc.oneof(fc.constantFrom('en-US', 'de'), anyText),
    }),
    fc.record({ verb: fc.constant('Reject' as const), reason: fc.constantFrom(...rejectReasons) }),
    fc.constant({ verb: 'Hangup' as const }),
  )
const document = (anyText: fc.Arbitrary<string>): fc.Arbitrary<CxmlDocument> =>
  fc.array(verb(anyText), { maxLength: 3 })

describe('rendering', () => {
  it('gives what an independent check accepts, whenever nothing is found wrong', () => {
    let left = 0
    fc.assert(
      fc.property(fc.oneof(document(text), document(wild)), (verbs) => {
        const problems = cxmlProblems(verbs)
        if (problems.length > 0) return
        left += 1
        const xml = renderCxml(verbs)
        // The check takes a replacement character for broken UTF-8, which it cannot tell apart.
        if (!xml.includes('\ufffd')) expect(checkCxml(xml)).toEqual([])
        expect(renderCxml(maskDocument(verbs)).length).toBeGreaterThan(0)
      }),
      { numRuns: 3000 },
    )
    expect(left).toBeGreaterThan(300)
  })

  it.each(['&A;', '&lt;', '&amp;', '&#x41;', 'a & b', '&;'])('keeps %j as the letters it is', (letters) => {
    const xml = renderCxml([
      { verb: 'Say', text: letters, language: letters },
      { verb: 'Connect', streamUrl: letters, parameters: { [letters]: letters } },
      { verb: 'Redirect', url: letters },
    ])
    const [, say, , stream, parameter, redirect] = reading(xml)
    expect(say).toMatchObject({ text: letters, attributes: { language: letters } })
    expect(stream?.attributes['url']).toBe(letters)
    expect(parameter?.attributes).toEqual({ name: letters, value: letters })
    expect(redirect?.text).toBe(letters)
  })

  it('keeps every text to the letter, line ends apart', () => {
    fc.assert(
      fc.property(
        text.filter((one) => one.trim() !== ''),
        text.map((one) => one.replace(/[\t\n\r]/g, ' ')),
        (said, name) => {
          const verbs: CxmlDocument = [
            { verb: 'Say', text: said, language: 'en-US' },
            { verb: 'Connect', streamUrl: 'wss://h/?a=1&b=2', parameters: { [`p${name}`]: name } },
          ]
          fc.pre(cxmlProblems(verbs).length === 0)
          const [, say, , stream, parameter] = reading(renderCxml(verbs))
          expect(say?.text).toBe(said.replace(/\r\n?/g, '\n'))
          expect(stream?.attributes['url']).toBe('wss://h/?a=1&b=2')
          expect(parameter?.attributes).toEqual({ name: `p${name}`, value: name })
        },
      ),
    )
  })

  it('puts no white space around what is dialled', () => {
    const xml = renderCxml([
      {
        verb: 'Dial',
        to: { noun: 'Service', provider: 'vapi', number: '+12025550171' },
        timeoutSeconds: 20,
        timeLimitSeconds: 60,
        action: '/a?b=1&c=2',
        callerId: '+12025550100',
        trunks: ['a', 'b'],
      },
    ])
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Dial callerId="+12025550100" trunks="a,b" timeout="20" timeLimit="60"' +
        ' action="/a?b=1&amp;c=2" method="POST"><Service provider="vapi">+12025550171</Service></Dial></Response>',
    )
  })
})

describe('masking', () => {
  const secretUrl = 'https://sw.example.com/voice/very-secret/dial-result?s=1.k.sig'

  it('hides passwords, the tenant key and signed state, and nothing else', () => {
    const dial = {
      verb: 'Dial',
      to: { noun: 'Sip', uri: 'sip:a@h', username: 'u', password: 'hidden' },
      timeoutSeconds: 20,
      timeLimitSeconds: 60,
      action: secretUrl,
    } as const
    const masked = 'https://sw.example.com/voice/***/dial-result?s=***'
    expect(maskDocument([dial])).toEqual([{ ...dial, to: { ...dial.to, password: '***' }, action: masked }])
    expect(maskDocument([{ verb: 'Redirect', url: secretUrl }])).toEqual([{ verb: 'Redirect', url: masked }])
    const plain: CxmlDocument = [{ ...dial, to: { noun: 'Number', number: '1' }, action: '/x' }, { verb: 'Hangup' }]
    expect(maskDocument(plain)).toEqual(plain)
    const open: CxmlDocument = [
      { ...dial, to: { noun: 'Service', provider: 'vapi', number: '+12025550171' }, action: '/x' },
    ]
    expect(maskDocument(open)).toEqual(open)
  })

  it('hides what lets in at the other end of a stream or a SIP URI', () => {
    const stream = (streamUrl: string): CxmlDocument => [{ verb: 'Connect', streamUrl, parameters: { session: 't' } }]
    expect(maskDocument(stream('wss://agent.example.com/in?token=SECRET\n&a=SECRET'))).toEqual(
      stream('wss://agent.example.com/in?***'),
    )
    expect(maskDocument(stream('wss://agent.example.com/in'))).toEqual(stream('wss://agent.example.com/in'))
    const sip = (uri: string): CxmlDocument => [
      { verb: 'Dial', to: { noun: 'Sip', uri }, timeoutSeconds: 20, timeLimitSeconds: 60, action: '/x' },
    ]
    expect(maskDocument(sip('sip:ann:SECRET@h:5060'))).toEqual(sip('sip:ann:***@h:5060'))
    expect(maskDocument(sip('sip:ann@h:5060'))).toEqual(sip('sip:ann@h:5060'))
  })

  it('hides every address in a text and leaves the rest of it', () => {
    expect(maskUrl(`{"a":"${secretUrl}&x=1","b":"/voice/k2/cdr","c":"kept"}`)).toBe(
      '{"a":"https://sw.example.com/voice/***/dial-result?s=***&x=1","b":"/voice/***/cdr","c":"kept"}',
    )
  })
})
