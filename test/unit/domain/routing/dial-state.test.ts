import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDialState, encodeDialState, type DialState } from '../../../../server/domain/routing/dial-state.ts'
import { systemCrypto } from '../../../../server/adapters/system/crypto.ts'

const { sign, sameText } = systemCrypto
const secret = Buffer.from('a secret of the tenant').toString('base64url')
const now = 1_767_268_800_000
const aState = (over: Partial<DialState> = {}): DialState => ({
  keyId: 'key-1',
  tenantId: 'tenant-1',
  token: '0123456789abcdef0123456789abcdef',
  decisionId: 'decision-1',
  groupId: 'group-1',
  attempt: 2,
  groupAttempts: 1,
  agentIds: ['agent-a', 'agent-b'],
  numbers: [],
  dials: 'agent',
  direction: 'inbound',
  trunkId: undefined,
  trunkPlan: undefined,
  expiresAtMs: now + 1000,
  ...over,
})
const decode = (text: string, nowMs = now, secretOf = (keyId: string) => (keyId === 'key-1' ? secret : undefined)) =>
  decodeDialState(text, secretOf, sign, sameText, nowMs)

describe('the signed state of a dial', () => {
  const text = fc.string({ unit: 'grapheme' })
  const filled = fc.string({ unit: 'grapheme', minLength: 1 })
  const trunk = fc.option(
    fc.record({
      trunkId: filled,
      trunkPlan: fc.record({
        left: fc.array(filled),
        callerId: fc.option(filled, { nil: undefined }),
        isAuthenticated: fc.constantFrom(true, undefined),
      }),
    }),
    { nil: { trunkId: undefined, trunkPlan: undefined } },
  )
  const states = fc.record({
    keyId: fc.constant('key-1'),
    tenantId: text,
    token: text,
    decisionId: text,
    groupId: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
    attempt: fc.integer({ min: 1, max: 1000 }),
    groupAttempts: fc.nat(),
    agentIds: fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
    numbers: fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
    dials: fc.constantFrom('agent' as const, 'number' as const),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    trunk,
    expiresAtMs: fc.integer({ min: now, max: now * 2 }),
  })

  it('comes back as it went, whatever the token and the ids are', () => {
    fc.assert(
      fc.property(states, ({ trunk, ...rest }) => {
        const state: DialState = { ...rest, ...trunk }
        expect(decode(encodeDialState(state, secret, sign))).toEqual(state)
      }),
    )
  })

  it('goes into a URL and out again', () => {
    const encoded = encodeDialState(aState({ token: 'a.b~c d&e=f?g#h%i/ü' }), secret, sign)
    const url = new URL(`/voice/key/dial-result?s=${encodeURIComponent(encoded)}`, 'http://localhost')
    expect(decode(url.searchParams.get('s')!)).toMatchObject({ token: 'a.b~c d&e=f?g#h%i/ü' })
  })

  it('is refused after a change of any one character', () => {
    const encoded = encodeDialState(aState({ keyId: 'key-1' }), secret, sign)
    for (let i = 0; i < encoded.length; i += 1) {
      for (const other of ['A', 'z', '0', '.', '~', '%', '-', '']) {
        const changed = encoded.slice(0, i) + other + encoded.slice(i + 1)
        if (changed !== encoded) expect(typeof decode(changed)).toBe('string')
      }
    }
  })

  it('is refused with the reason', () => {
    const encoded = encodeDialState(aState(), secret, sign)
    expect(decode('')).toBe('the signed state is not readable')
    expect(decode('1.2.3')).toBe('the signed state is not readable')
    expect(decode(encoded.replace(/^2/, '1'))).toBe('the signed state is not readable')
    expect(decode(encoded.replace('key-1', '%E0%A4%A'))).toBe('the signed state is not readable')
    expect(decode(encoded, now, () => undefined)).toBe('the signed state names an unknown key')
    expect(decode(encoded, now, () => 'another')).toBe('the signature of the state does not verify')
    expect(decode(encoded, now + 1000)).toEqual(aState())
    expect(decode(encoded, now + 1001)).toBe('the signed state has expired')
  })

  it('never throws at what anybody sends', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...Array.from('1.%~EFkey-')) }),
    )
    fc.assert(
      fc.property(noise, (sent) => {
        expect(typeof decode(sent)).toBe('string')
      }),
    )
  })

  it('carries a token with half a character as well as it can', () => {
    const encoded = encodeDialState(aState({ token: 'a\ud800b' }), secret, sign)
    expect(decode(encoded)).toMatchObject({ token: 'a\ufffdb' })
  })
})
