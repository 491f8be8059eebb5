import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findDialect } from '../../../../server/domain/webhooks/dialect.ts'
import type { WebhookKind } from '../../../../shared/vocabulary.ts'

const fixtures = join(import.meta.dirname, '../../../fixtures/cloudonix')
const kindOf: Readonly<Record<string, WebhookKind>> = {
  'voice-request-': 'voice_request',
  'dial-action-': 'dial_result',
  'session-': 'session_update',
  'cdr-': 'cdr',
}
const known = readdirSync(fixtures).flatMap((name): [string, WebhookKind, unknown][] => {
  const kind = Object.entries(kindOf).find(([prefix]) => name.startsWith(prefix))?.[1]
  if (kind === undefined) return []
  const text = readFileSync(join(fixtures, name), 'utf8').trim()
  if (name.endsWith('.json')) return [[name, kind, JSON.parse(text)]]
  return name.endsWith('.form.txt') ? [[name, kind, Object.fromEntries(new URLSearchParams(text))]] : []
})

describe('the dialect of webhooks', () => {
  it.each(known)('of %s is the documented one', (_name, kind, fields) => {
    expect(findDialect(kind, fields)).toEqual([])
  })
  it('was looked for in more than a handful of documents', () => expect(known.length).toBeGreaterThan(30))

  it('names fields and words that nobody documented, with where they are', () => {
    expect(
      findDialect('voice_request', {
        CallSid: 'a',
        Colour: 'red',
        Direction: 'sideways',
        CallStatus: 'in-progress',
        SessionData: JSON.stringify({ token: 'a', mood: 1, status: 'Dozing off', direction: 'incoming' }),
        Application: { id: 1, secretive: true },
      }),
    ).toEqual([
      { field: 'Colour', value: '' },
      { field: 'Direction', value: 'sideways' },
      { field: 'SessionData.mood', value: '' },
      { field: 'SessionData.status', value: 'Dozing off' },
      { field: 'Application.secretive', value: '' },
    ])
    expect(findDialect('cdr', { disposition: 'MELTED', owner: { domain: { colour: 1 } }, qos: { jitter: 1 } })).toEqual(
      [
        { field: 'disposition', value: 'MELTED' },
        { field: 'owner.domain.colour', value: '' },
        { field: 'qos.jitter', value: '' },
      ],
    )
    expect(findDialect('dial_result', { DialCallStatus: 'melted' })).toEqual([
      { field: 'DialCallStatus', value: 'melted' },
    ])
    expect(findDialect('session_update', [{ status: 'dozing' }])).toEqual([{ field: 'status', value: 'dozing' }])
  })

  it('knows fields and words in any spelling, and leaves alone what is free-form, blank or no text', () => {
    const fields = { call_sid: 1, DIRECTION: 'In-Bound', CallStatus: '', CallDirection: null, SessionStatus: { a: 1 } }
    expect(findDialect('voice_request', { ...fields, profile: { anything: 1 } })).toEqual([])
    expect(findDialect('cdr', { disposition: 'NoCredit', session: 'just a token' })).toEqual([])
    expect(findDialect('cdr', { disposition: 'external' })).toEqual([])
    expect(findDialect('session_update', { status: 'external', profile: 'x' })).toEqual([])
    expect(findDialect('cdr', 'nothing to read')).toEqual([])
  })

  it.each([
    '+12025550123',
    'from12025550123',
    '0123456789abcdef',
    'XI00000000000000000000000000000000',
    'sip:jane@example.com',
    'jane@example.com',
    'a'.repeat(41),
    '',
  ])('never shows %j', (text) => {
    expect(findDialect('cdr', { [text]: 1 })).toEqual([{ field: '(other)', value: '' }])
    if (text !== '')
      expect(findDialect('cdr', { disposition: text })).toEqual([{ field: 'disposition', value: '(other)' }])
  })

  it('stops looking after twenty of one webhook', () => {
    const names = Array.from({ length: 100 }, (_, n) => [`field ${n}`, 1] as const)
    expect(findDialect('cdr', Object.fromEntries(names))).toHaveLength(20)
  })
})
