import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packBodies, readBodies } from '../../../../server/adapters/sqlite/webhooks/webhook-bodies.ts'

const fixture = (name: string): string =>
  JSON.stringify(JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/cloudonix', name), 'utf8')))
const read = (bodies: Buffer) => readBodies({ headers: '', payload: '', answer: null, bodies })

describe('bodies of a webhook', () => {
  it('come out as they went in, whatever they hold', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, fc.option(text, { nil: undefined }), (headers, payload, answer) => {
        expect(read(packBodies({ headers, payload, answer }))).toEqual({ headers, payload, answer })
      }),
    )
  })

  it.each(['voice-request-inbound.json', 'session-answer.json', 'cdr-answered.json', 'dial-action-busy.json'])(
    'of %s take less than a third of their room',
    (name) => {
      const bodies = {
        headers: '{"host":"a.example.org","content-type":"application/json","x-cx-session":"00aa"}',
        payload: fixture(name),
        answer: '{"ok":true}',
      }
      expect(packBodies(bodies).length).toBeLessThan(bodies.payload.length / 3)
    },
  )

  it('stay as they are where compressing them gains nothing', () => {
    const bodies = { headers: '{}', payload: '', answer: undefined }
    expect([...packBodies(bodies)]).toEqual([0, ...Buffer.from('2 0\n{}')])
  })

  it('that were written with the first dictionary are read for ever', () => {
    expect(read(Buffer.from('ATMzUzA3VdDmwhvNxARbbTW5RS68wIQVlbVIbUYA', 'base64'))).toEqual({
      headers: '{"host":"voice.example.com","x-cx-domain":"example.cloudonix.net"}',
      payload: '{"callerId":"+12025550123","destination":"+12025550100","status":"ringing"}',
      answer: '{"ok":true}',
    })
  })

  it('of a later form are not guessed at', () => {
    expect(() => read(Buffer.of(9, 1))).toThrow('form 9')
  })
})
