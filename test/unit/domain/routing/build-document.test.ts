import { describe, expect, it } from 'vitest'
import { buildDocument, isDialled } from '../../../../server/domain/routing/build-document.ts'
import type { Routing } from '../../../../server/domain/routing/routing.ts'
import type { RoutableAgent } from '../../../../server/domain/routing/routing-config.ts'
import type { Target } from '../../../../server/domain/routing/target.ts'
import { aRoutingConfig, aVoiceAgent } from '../../../support/builders.ts'

const config = aRoutingConfig()
const aRouting = (over: { agent?: RoutableAgent; target?: Target }): Routing => ({
  target: over.target ?? { type: 'agent', id: 'agent-a' },
  agent: over.agent,
  group: undefined,
  ringTimeoutSeconds: 20,
  groupAttempts: 1,
  steps: [],
})
const build = (over: Parameters<typeof aRouting>[0]) => buildDocument(config, aRouting(over), 'token-1', '/action?s=1')
const dial = { verb: 'Dial', timeoutSeconds: 20, timeLimitSeconds: 14_400, action: '/action?s=1' }

describe('the document of a routing', () => {
  it('dials a service by its number', () => {
    expect(build({ agent: aVoiceAgent() })).toEqual([
      { ...dial, to: { noun: 'Service', provider: 'vapi', number: '+12025550171' } },
    ])
  })

  it('dials a SIP agent by its address', () => {
    const agent = aVoiceAgent({ provider: 'sip', value: 'sip:a@host', username: 'u', password: 'p' })
    expect(build({ agent })).toEqual([
      { ...dial, to: { noun: 'Sip', uri: 'sip:a@host', username: 'u', password: 'p' } },
    ])
  })

  it('takes a provider that left the catalogue for a service', () => {
    expect(build({ agent: aVoiceAgent({ provider: 'gone' }) })[0]).toMatchObject({
      to: { noun: 'Service', provider: 'gone' },
    })
  })

  it.each([
    [
      { username: 'u', password: 'p' },
      { username: 'u', password: 'p' },
    ],
    [{ username: 'u' }, {}],
    [{ username: '', password: 'p' }, {}],
    [{ password: 'p' }, {}],
  ])('sends of credentials %j only what is whole', (given, sent) => {
    const [verb] = build({ agent: aVoiceAgent(given) })
    expect(verb).toEqual({ ...dial, to: { noun: 'Service', provider: 'vapi', number: '+12025550171', ...sent } })
  })

  it('connects a stream and lets the redirect tell of its end', () => {
    const agent = aVoiceAgent({ provider: 'stream', value: 'wss://agent.example.com/s' })
    expect(build({ agent })).toEqual([
      { verb: 'Connect', streamUrl: 'wss://agent.example.com/s', parameters: { session: 'token-1' } },
      { verb: 'Redirect', url: '/action?s=1' },
    ])
  })

  it.each<[Target, unknown[]]>([
    [{ type: 'number', value: '+12025550145' }, [{ ...dial, to: { noun: 'Number', number: '+12025550145' } }]],
    [{ type: 'message', value: 'Closed' }, [{ verb: 'Say', text: 'Closed', language: 'en-US' }, { verb: 'Hangup' }]],
    [{ type: 'reject' }, [{ verb: 'Reject', reason: 'rejected' }]],
    [{ type: 'reject', value: 'busy' }, [{ verb: 'Reject', reason: 'busy' }]],
    [{ type: 'hangup' }, [{ verb: 'Hangup' }]],
  ])('answers %j by itself', (target, document) => {
    expect(build({ target })).toEqual(document)
  })

  it('dials somebody, or does not', () => {
    expect(isDialled(aRouting({ agent: aVoiceAgent() }))).toBe(true)
    expect(isDialled(aRouting({ target: { type: 'number', value: '1' } }))).toBe(true)
    expect(isDialled(aRouting({ target: { type: 'message', value: 'x' } }))).toBe(false)
  })
})
