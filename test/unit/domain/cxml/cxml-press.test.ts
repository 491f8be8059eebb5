import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCxmlPress } from '../../../../server/domain/cxml/cxml-press.ts'
import { maskDocument, renderCxml } from '../../../../server/domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../../../../server/domain/cxml/validate-cxml.ts'
import { hangup, reject, type CxmlDocument, type Dial } from '../../../../server/domain/cxml/verbs.ts'

const actionWith = (state: string): string => `https://voice.example.com/a&b/voice/key/dial-result?s=${state}`

const dial = (to: Dial['to'], state: string): CxmlDocument => [
  { verb: 'Dial', to, timeoutSeconds: 25, timeLimitSeconds: 14_400, action: actionWith(state) },
]

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.stringMatching(/^[\w&<>"'%+\ue000 ]{0,12}$/),
  fc.constantFrom('', 'agent', 'p&ss"word<>', '\ue000', 'a\ue000'),
)
const nouns: fc.Arbitrary<Dial['to']> = fc.oneof(
  fc.record({
    noun: fc.constant('Service' as const),
    provider: fc.constantFrom('vapi', 'retell'),
    number: fc.constantFrom('+12025550101', '+442071838750'),
    username: texts,
    password: texts,
  }),
  fc.record({ noun: fc.constant('Sip' as const), uri: texts.map((user) => `sip:${user}@example.com`) }),
  fc.record({ noun: fc.constant('Number' as const), number: texts }),
)
const makers: fc.Arbitrary<(state: string) => CxmlDocument> = fc.oneof(
  nouns.map((to) => (state: string) => dial(to, state)),
  texts.map((text) => (): CxmlDocument => [{ verb: 'Say', text, language: 'en-US' }, { verb: 'Hangup' }]),
  texts.map((name) => (state: string): CxmlDocument => [
    { verb: 'Connect', streamUrl: 'wss://agent.example.com/media', parameters: { session: name } },
    { verb: 'Redirect', url: actionWith(state) },
  ]),
  fc.constantFrom(
    () => hangup,
    () => reject('busy'),
  ),
)
/** Anything that `encodeURIComponent` makes. */
const states = fc.string({ unit: 'grapheme' }).map(encodeURIComponent)

describe('press', () => {
  it('prints what rendering would, byte for byte, however often', () => {
    const press = createCxmlPress()
    fc.assert(
      fc.property(makers, fc.array(states, { minLength: 1, maxLength: 3 }), (documentWith, all) => {
        for (const state of all) {
          const document = documentWith(state)
          const printed = press(documentWith, state)
          expect(printed.problems.length > 0).toBe(cxmlProblems(document).length > 0)
          const sent = printed.problems.length > 0 ? reject('failed') : document
          expect(printed.text).toBe(renderCxml(sent))
          expect(printed.masked).toBe(renderCxml(maskDocument(sent)))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('leaves a state that is not safe in a URL to the renderer', () => {
    const to = { noun: 'Number', number: '+12025550100' } as const
    const printed = createCxmlPress()((state) => dial(to, state), 'a&b"c')
    expect(printed.text).toBe(renderCxml(dial(to, 'a&b"c')))
  })

  it('says why a document was held back, and rejects', () => {
    const printed = createCxmlPress()((state) => dial({ noun: 'Service', provider: 'vapi', number: '123' }, state), 'x')
    expect(printed.problems).toEqual(['Service wants a number in E.164 with +, not "123"'])
    expect(printed.text).toBe(renderCxml(reject('failed')))
  })

  it('goes on when it has seen more targets than it keeps', () => {
    const press = createCxmlPress(2)
    const numbers = ['+12025550100', '+12025550101', '+12025550102', '+12025550100']
    for (const number of numbers) {
      const documentWith = (state: string) => dial({ noun: 'Number', number }, state)
      expect(press(documentWith, 's1').text).toBe(renderCxml(documentWith('s1')))
    }
  })
})
