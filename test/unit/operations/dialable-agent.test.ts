import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cxmlProblems } from '../../../server/domain/cxml/validate-cxml.ts'
import { buildDocument } from '../../../server/domain/routing/build-document.ts'
import { assertDialable } from '../../../server/operations/dialable-agent.ts'
import { aProvider, aRoutingConfig, aVoiceAgent } from '../../support/builders.ts'

const providers = [
  aProvider(),
  aProvider({ key: 'sip', dialAs: 'sip', valueKind: 'sipUri' }),
  aProvider({ key: 'stream', dialAs: 'stream', valueKind: 'wssUrl', credentials: 'none' }),
]

const letters = fc.string({ unit: 'binary', maxLength: 12 })
const value = fc.oneof(
  letters,
  letters.map((text) => `sip:${text}@example.com`),
  letters.map((text) => `wss://example.com/${text}`),
  fc.stringMatching(/^\+\d{1,17}$/),
)
const credential = fc.option(fc.oneof(letters, fc.constant(' '), fc.constant('plain')), { nil: undefined })

describe('an agent that may be saved', () => {
  it('is one that every document can dial', () => {
    let accepted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...providers),
        value,
        credential,
        credential,
        (provider, dialled, username, password) => {
          const agent = aVoiceAgent({ provider: provider.key, value: dialled, username, password })
          try {
            assertDialable(provider, agent)
          } catch {
            return
          }
          accepted += 1
          const routing = {
            target: { type: 'agent' as const, id: agent.id },
            agent,
            group: undefined,
            ringTimeoutSeconds: 25,
            groupAttempts: 1,
            steps: [],
          }
          const document = buildDocument(aRoutingConfig({ agents: [agent], providers }), routing, 'token', '/x')
          expect(cxmlProblems(document)).toEqual([])
        },
      ),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
