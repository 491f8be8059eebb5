import { describe, expect, it } from 'vitest'
import { readFields } from '../../../../server/domain/webhooks/fields.ts'
import { readToken } from '../../../../server/domain/webhooks/token.ts'

describe('the session token', () => {
  it.each<[unknown, Record<string, string>, string | undefined]>([
    [{ CallSid: 'a', Session: 'b' }, {}, 'a'],
    [{ call_sid: 'a' }, {}, 'a'],
    [{ token: 'a' }, {}, 'a'],
    [{ Session: 'b', SessionData: { token: 'c' } }, {}, 'b'],
    [{ session: { token: 'b' } }, {}, 'b'],
    [{ session: '{"token":"b"}' }, {}, 'b'],
    [{ session: [{ token: 'b' }] }, {}, 'b'],
    [{ session: {}, SessionData: '{"token":"c"}' }, {}, 'c'],
    [{ CallSid: '', Session: null, SessionData: { token: ' ' } }, { 'x-cx-session': 'd' }, 'd'],
    [{ Session: null, session: { token: 'b' } }, {}, 'b'],
    [{ Session: '', session: { token: 'b' } }, {}, 'b'],
    [{ Session: ' ', session: 'b' }, {}, 'b'],
    [{ CallSid: '', callSid: 'a' }, {}, 'a'],
    [{ callsid: null, call_sid: '', callSid: 'a' }, {}, 'a'],
    [{ SessionData: null, session_data: '{"token":"c"}' }, {}, 'c'],
    [[{ token: 'a' }], {}, 'a'],
    [{ CallSid: 42 }, {}, '42'],
    [{ call_id: 'sip@host' }, {}, undefined],
    [{}, { 'x-cx-session': '' }, undefined],
    [null, {}, undefined],
  ])('of %j with headers %j is %j', (value, headers, token) => {
    expect(readToken(readFields(value), headers)).toBe(token)
  })
})
