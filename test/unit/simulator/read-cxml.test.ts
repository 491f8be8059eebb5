import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCxml } from '../../../server/simulator/index.ts'

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures')
const documents = readdirSync(join(fixtures, 'cloudonix')).filter((name) => name.endsWith('.xml'))
const fixture = (name: string): string => readFileSync(join(fixtures, 'cloudonix', name), 'utf8')
const dial = (noun: string, attributes = 'action="r?n=1" method="POST"'): string =>
  `<Response><Dial ${attributes}>${noun}</Dial></Response>`
const service = '<Service provider="vapi">+12025550171</Service>'

describe("the simulator's reader", () => {
  it.each(documents)('reads %s', (name) => {
    expect(readCxml(fixture(name)).length).toBeGreaterThan(0)
  })

  it('reads what is dialled, how long, and where the result goes', () => {
    expect(readCxml(fixture('cxml-dial-service.xml'))).toEqual([
      {
        verb: 'Dial',
        noun: 'Service',
        provider: 'vapi',
        value: '+12025550171',
        timeoutSeconds: 20,
        timeLimitSeconds: 3600,
        action: 'https://router.example.com/voice/t-demo/dial-result?group=g1&agent=ag1&attempt=1&sig=demo',
      },
    ])
  })

  it('reads verbs in order', () => {
    const document =
      '<Response><Say answer="false">One moment</Say><Pause length="2"/><Play>/a.wav</Play><Reject/></Response>'
    expect(readCxml(document)).toEqual([
      { verb: 'Say', text: 'One moment', answers: false },
      { verb: 'Pause', seconds: 2 },
      { verb: 'Play', url: '/a.wav', answers: true },
      { verb: 'Reject', reason: 'rejected' },
    ])
  })

  it('reads a stream and the redirect after it', () => {
    const document =
      '<Response><Connect><Stream url="wss://a.example.com/s?x=1"><Parameter name="a" value="b"/></Stream></Connect>' +
      '<Redirect method="POST">dial-result?n=1&amp;sig=x</Redirect></Response>'
    expect(readCxml(document)).toEqual([
      { verb: 'Connect', url: 'wss://a.example.com/s?x=1' },
      { verb: 'Redirect', url: 'dial-result?n=1&sig=x' },
    ])
  })

  it.each([
    ['', 'not well-formed'],
    ['<Response>', 'not well-formed'],
    ['<!DOCTYPE x><Response><Hangup/></Response>', 'DOCTYPE'],
    ['<Answer/>', '<Answer> is not a verb'],
    ['<Dial/>', 'the root is <Dial>'],
    ['<Response/>', 'holds no verb'],
    ['<Response>hello<Hangup/></Response>', 'has text where only elements belong'],
    ['<Response><Gather/></Response>', '<Gather> is not a verb'],
    ['<Response><Hangup><Say>x</Say></Hangup></Response>', '<Say> cannot stand inside <Hangup>'],
    [dial(service, 'maxDuration="3"'), '<Dial> has no attribute maxDuration'],
    [dial(''), '0 nouns'],
    [dial(service + service), '2 nouns'],
    [dial(`${service}<Header name="X-A" value="1"/>`), '<Header> stands after the noun'],
    [dial('<Service provider="vapi"> +12025550171</Service>'), 'whitespace around its text'],
    [dial('<Service provider="vapi"></Service>'), 'is empty'],
    [dial('<Service provider="vapi">assistant</Service>'), 'not an E.164 number'],
    [dial('<Service>+12025550171</Service>'), 'names no provider'],
    [dial('<Sip>nowhere</Sip>'), 'not a SIP URI'],
    [dial('<Number>not a number</Number>'), 'not a number'],
    [dial(service, 'action="r"'), 'needs method="POST"'],
    [dial(service, 'action="http://a b" method="POST"'), 'is not a URL'],
    [dial(service, 'timeout="soon"'), 'not a number of seconds'],
    [dial('<Number>1</Number>', 'trunks="a b"'), 'names no trunk'],
    ['<Response><Connect/></Response>', '0 streams'],
    ['<Response><Connect><Stream url="http://a.example.com"/></Connect></Response>', 'not a wss: URL'],
    ['<Response><Redirect>next</Redirect></Response>', 'needs method="POST"'],
    ['<Response><Redirect method="POST">a b</Redirect></Response>', 'is not a URL'],
    ['<Response><Play>a b</Play></Response>', 'is not a URL'],
    ['<Response><Say> </Say></Response>', 'says nothing'],
    ['<Response><Reject reason="tired"/></Response>', 'is unknown'],
  ])('refuses %s', (document, problem) => {
    expect(() => readCxml(document)).toThrow(problem)
  })
})
