import { describe, expect, it } from 'vitest'
import { readFields } from '../../../../server/domain/webhooks/fields.ts'
import { readCdr, type Cdr } from '../../../../server/domain/webhooks/read-cdr.ts'
import { readDialResult } from '../../../../server/domain/webhooks/read-dial-result.ts'
import {
  isFinal,
  readSessionUpdate,
  type SessionUpdate,
} from '../../../../server/domain/webhooks/read-session-update.ts'
import { readVoiceRequest, saysOutbound } from '../../../../server/domain/webhooks/read-voice-request.ts'
import { readToken } from '../../../../server/domain/webhooks/token.ts'
import { fixtureForm, fixtureJson, fixturesLike } from '../../../support/cloudonix.ts'

const start = 1_767_268_800_000
const fieldsOf = (name: string) => readFields(name.endsWith('.json') ? fixtureJson(name) : fixtureForm(name))
const mainToken = '0123456789abcdef0123456789abcdef'

describe('voice requests', () => {
  const inbound = { from: '+12025550123', to: '+12025550100', direction: 'inbound', startedAtMs: start }
  const cases: Record<string, unknown> = {
    'voice-request-inbound.json': inbound,
    'voice-request-inbound.form.txt': inbound,
    'voice-request-get.query.txt': { ...inbound, startedAtMs: undefined },
    'voice-request-inbound-minimal.json': {
      from: 'anonymous',
      to: '12025550100',
      direction: 'inbound',
      startedAtMs: undefined,
    },
    'voice-request-agent-outbound.json': {
      from: '+12025550171',
      to: '+12025550145',
      direction: 'inbound',
      startedAtMs: start,
    },
    'voice-request-subscriber.json': { from: '1001', to: '+12025550145', direction: 'subscriber', startedAtMs: start },
    'voice-request-outbound.json': {
      from: '+12025550100',
      to: '+12025550145',
      direction: 'outbound-api',
      startedAtMs: start,
    },
    'voice-request-outbound.form.txt': {
      from: '+12025550100',
      to: '+12025550145',
      direction: 'outbound-api',
      startedAtMs: start,
    },
  }
  it('are all looked at', () => {
    expect(fixturesLike(/^voice-request.*(json|form\.txt|query\.txt)$/).sort()).toEqual(Object.keys(cases).sort())
  })
  it.each(Object.entries(cases))('%s is read', (name, expected) => {
    expect(readVoiceRequest(fieldsOf(name))).toMatchObject(expected as object)
    expect(readToken(fieldsOf(name), {})).toMatch(/^[0-9a-f]{32}$/)
  })
  it('are outbound in many words, and inbound in all others', () => {
    const outbound = ['subscriber', 'outbound', 'Outbound', 'OUTGOING', 'outbound-api', 'outbound_api', 'application']
    expect(outbound.every(saysOutbound)).toBe(true)
    expect(['inbound', 'incoming', 'internal', '', 'x'].some(saysOutbound)).toBe(false)
  })
  it('are read from the session where nothing else says it', () => {
    const session = { callerId: '1', destination: '2', direction: 'outgoing' }
    expect(readVoiceRequest(readFields({ SessionData: JSON.stringify(session), CallStartTime: start }))).toEqual({
      from: '1',
      to: '2',
      direction: 'outgoing',
      sign: 'unproven',
      startedAtMs: start,
    })
    const nothing = { from: '', to: '', direction: '', sign: undefined, startedAtMs: undefined }
    expect(readVoiceRequest(readFields(null))).toEqual(nothing)
  })
  it.each([
    [{ Direction: 'subscriber' }, 'authenticated'],
    [{ CallDirection: 'Subscriber' }, 'authenticated'],
    [{ Direction: 'outbound' }, 'unproven'],
    [{ Direction: 'outgoing' }, 'unproven'],
    [{ Direction: 'application' }, 'unproven'],
    [{ Direction: 'outbound', SessionData: { direction: 'subscriber' } }, 'unproven'],
    [{ SessionData: { direction: 'subscriber', outgoingSubscriberId: 5501 } }, 'unproven'],
    [{ Direction: 'outbound-api' }, 'answered'],
    [{ SessionData: { direction: 'outbound-api' } }, 'answered'],
    [{ Direction: 'inbound', SessionData: { direction: 'subscriber' } }, undefined],
  ])('%j says of a call that goes out: %s', (body, sign) => {
    expect(readVoiceRequest(readFields(body)).sign).toBe(sign)
  })
})

describe('dial results', () => {
  const cases: Record<string, string> = {
    'dial-action-answered.json': 'answered',
    'dial-action-answered.form.txt': 'answered',
    'dial-action-answered-with-duration.json': 'answered',
    'dial-action-completed-callstatus-only.json': 'answered',
    'dial-action-busy.json': 'busy',
    'dial-action-busy.form.txt': 'busy',
    'dial-action-busy-callstatus-only.json': 'busy',
    'dial-action-noanswer.json': 'no_answer',
    'dial-action-noanswer.form.txt': 'no_answer',
    'dial-action-noanswer-uppercase.json': 'no_answer',
    'dial-action-failed.json': 'failed',
    'dial-action-failed.form.txt': 'failed',
    'dial-action-unknown.json': 'failed',
    'dial-action-canceled.json': 'cancelled',
    'dial-action-canceled.form.txt': 'cancelled',
  }
  it('are all looked at', () => {
    expect(fixturesLike(/^dial-action-.*(json|form\.txt)$/).sort()).toEqual(Object.keys(cases).sort())
  })
  it.each(Object.entries(cases))('%s is %s', (name, result) => {
    expect(readDialResult(fieldsOf(name), false).result).toBe(result)
  })
  it.each([
    ['answered', 'answered'],
    ['Answer', 'answered'],
    ['COMPLETED', 'answered'],
    ['connected', 'answered'],
    ['busy', 'busy'],
    ['no-answer', 'no_answer'],
    ['no_answer', 'no_answer'],
    ['NO ANSWER', 'no_answer'],
    ['failed', 'failed'],
    ['error', 'failed'],
    ['congestion', 'failed'],
    ['unknown', 'failed'],
    ['toString', 'failed'],
    ['canceled', 'cancelled'],
    ['Cancelled', 'cancelled'],
    ['cancel', 'cancelled'],
    ['in-progress', 'failed'],
  ])('DialCallStatus %s is %s', (word, result) => {
    expect(readDialResult(readFields({ DialCallStatus: word, CallStatus: 'completed' }), false)).toMatchObject({
      result,
      word,
    })
  })
  it.each([
    ['in-progress', 5000, false, 'answered'],
    ['Ringing', '5000', false, 'answered'],
    ['queued', 0, false, 'failed'],
    ['in-progress', 5000, true, 'failed'],
    ['', 5000, false, 'failed'],
  ])('CallStatus %s alone with answer time %j, announced %j, is %s', (word, callAnswerTime, announced, result) => {
    const fields = readFields({ CallStatus: word, SessionData: { callAnswerTime } })
    expect(readDialResult(fields, announced).result).toBe(result)
  })
})

describe('session updates', () => {
  const common = { action: 'call', startedAtMs: start, reason: undefined }
  const update = (status: SessionUpdate['status'], over: Partial<SessionUpdate> & { final?: boolean } = {}) => ({
    status,
    ...over,
  })
  const cases: Record<string, Partial<SessionUpdate> & { final?: boolean }> = {
    'session-new.json': update('new', { ...common, answeredAtMs: undefined, endedAtMs: undefined }),
    'session-processing.json': update('processing'),
    'session-ringing.json': update('ringing'),
    'session-connected.json': update('connected', { answeredAtMs: start + 6400 }),
    'session-answer.json': update('answer', { answeredAtMs: start + 6400 }),
    'session-completed.json': update('connected', {
      final: true,
      answeredAtMs: start + 6400,
      endedAtMs: start + 69_400,
    }),
    'session-busy.json': update('busy', { final: true }),
    'session-noanswer.json': update('noanswer', { final: true }),
    'session-cancel.json': update('cancel', { final: true }),
    'session-error.json': update('failed', { final: true }),
    'session-domain-object.json': update('ringing', {
      startedAtMs: start,
      answeredAtMs: undefined,
      endedAtMs: undefined,
    }),
    'session-array.json': update('answer', {
      answeredAtMs: start + 6400,
      endedAtMs: undefined,
      eventId: 'evt-demo-0071',
    }),
    'session-minimal.json': update('ringing'),
    'session-answer-at-teardown.json': update('answer'),
  }
  it('are all looked at', () => {
    expect(fixturesLike(/^session-.*json$/).sort()).toEqual(Object.keys(cases).sort())
  })
  it.each(Object.entries(cases))('%s is read', (name, { final, ...expected }) => {
    const read = readSessionUpdate(fieldsOf(name))
    expect(read).toMatchObject(expected)
    if (final !== undefined) expect(isFinal(read)).toBe(final)
    expect(readToken(fieldsOf(name), {})).toMatch(/^[0-9a-f]{32}$/)
  })
  it.each([
    ['NEW', 'new'],
    ['Initiated', 'new'],
    ['In-Progress', 'processing'],
    ['ring', 'ringing'],
    ['CONNECTED', 'connected'],
    ['active', 'answer'],
    ['no-answer', 'noanswer'],
    ['canceled', 'cancel'],
    ['Congested', 'congestion'],
    ['fail', 'failed'],
    ['NoCredit', 'nocredit'],
    ['hangup', 'completed'],
    ['external', 'unknown'],
    ['constructor', 'unknown'],
  ])('status %s is %s', (word, status) => {
    expect(readSessionUpdate(readFields({ status: word }))).toMatchObject({ status, word })
  })
  it('are final by their end, whatever the status says', () => {
    expect(isFinal(readSessionUpdate(readFields({ status: 'ringing', endTime: '2026-01-01T12:00:00Z' })))).toBe(true)
    expect(isFinal(readSessionUpdate(readFields({ status: 'ringing', callEndTime: 0 })))).toBe(false)
    expect(readSessionUpdate(readFields({ answerTime: '2026-01-01T12:00:00Z', lastError: 'x' }))).toMatchObject({
      answeredAtMs: start,
      reason: 'x',
      status: 'unknown',
      word: '',
    })
  })
})

describe('CDRs', () => {
  const answered = {
    from: '+12025550123',
    to: '+12025550100',
    direction: 'inbound',
    disposition: 'answered',
    startedAtMs: start,
    answeredAtMs: start + 6400,
    endedAtMs: start + 69_400,
    ringSeconds: 6.4,
    talkSeconds: 63,
    durationSeconds: 69,
  } as const
  const cases: Record<string, Partial<Cdr>> = {
    'cdr-answered.json': answered,
    'cdr-answered-connected.json': { disposition: 'answered', word: 'CONNECTED' },
    'cdr-null-domain.json': { ...answered, durationSeconds: 70 },
    'cdr-busy.json': { disposition: 'busy', answeredAtMs: undefined, ringSeconds: undefined, talkSeconds: 0 },
    'cdr-noanswer.json': { disposition: 'no_answer', answeredAtMs: undefined },
    'cdr-cancel.json': { disposition: 'cancelled' },
    'cdr-congestion.json': { disposition: 'congestion' },
    'cdr-failed.json': { disposition: 'failed' },
    'cdr-outbound-subscriber.json': { direction: 'outbound' },
  }
  it('are all looked at', () => {
    expect(fixturesLike(/^cdr-.*json$/).sort()).toEqual(Object.keys(cases).sort())
  })
  it.each(Object.entries(cases))('%s is read', (name, expected) => {
    expect(readCdr(fieldsOf(name))).toMatchObject(expected)
    expect(readToken(fieldsOf(name), {})).toMatch(/^[0-9a-f]{32}$/)
  })
  it('of one call carry its token', () => {
    expect(readToken(fieldsOf('cdr-answered.json'), {})).toBe(mainToken)
  })
  it.each([
    ['ANSWER', 'answered'],
    ['Completed', 'answered'],
    ['NO ANSWER', 'no_answer'],
    ['CANCELED', 'cancelled'],
    ['ERROR', 'failed'],
    ['NOCREDIT', 'other'],
    ['EXTERNAL', 'other'],
    ['valueOf', 'other'],
    ['', 'other'],
  ])('disposition %s is %s', (disposition, expected) => {
    expect(readCdr(readFields({ disposition }))).toMatchObject({ disposition: expected, word: disposition })
  })
  it('tell from the talk what an unknown word meant', () => {
    expect(readCdr(readFields({ disposition: 'NOCREDIT', billsec: '12' })).disposition).toBe('answered')
    expect(readCdr(readFields({ session: { callAnswerTime: start } })).disposition).toBe('answered')
    expect(readCdr(readFields({ billsec: 0, session: { callAnswerTime: start } })).disposition).toBe('answered')
    expect(readCdr(readFields({ billsec: 0, session: { callAnswerTime: 0 } })).disposition).toBe('other')
  })
  it.each([
    [
      { qos: { rtt: 42.5, rx_mos: '4.31', tx_mos: 4.28, ssrc: 3735928559 } },
      { rttMs: 42.5, rxMos: 4.31, txMos: 4.28, ssrc: '3735928559' },
    ],
    [{ session: { qos: { rtt: 9, rx_mos: 'NaN', tx_mos: 0, ssrc: '0' } } }, { rttMs: 9 }],
    [{ qos: {}, session: { qos: { rx_mos: 3 } } }, { rxMos: 3 }],
    [{ qos: { tx_mos: 3 } }, { txMos: 3 }],
    [{ qos: { rtt: 0, rx_mos: 'NaN', tx_mos: 'NaN', ssrc: '0' } }, undefined],
    [{}, undefined],
  ])('%j tells of the quality %j', (body, quality) => {
    expect(readCdr(readFields(body)).quality).toEqual(quality)
  })
  it.each([
    [{ cx_trunk_id: 3101 }, '3101'],
    [{ cxTrunkId: ' tr-9 ' }, 'tr-9'],
    [{ cx_trunk_id: null }, undefined],
    [{ cx_trunk_id: 0 }, undefined],
    [{ cx_trunk_id: 'x'.repeat(70) }, 'x'.repeat(64)],
  ])('%j names the trunk %j', (body, platformTrunkId) => {
    expect(readCdr(readFields(body)).platformTrunkId).toBe(platformTrunkId)
  })
  it('say whether we know their word', () => {
    expect(readCdr(readFields({ disposition: 'EXTERNAL', billsec: 9 }))).toMatchObject({
      disposition: 'answered',
      word: 'EXTERNAL',
      isWordKnown: false,
    })
    expect(readCdr(readFields({ disposition: 'ANSWER' })).isWordKnown).toBe(true)
  })
  it('are read from the session where the record itself does not say', () => {
    const session = {
      callerId: '1',
      destination: '2',
      status: 'busy',
      direction: 'Outbound',
      callStartTime: String(start),
      callAnswerTime: start + 1000,
      callEndTime: start + 5000,
    }
    expect(readCdr(readFields({ session: JSON.stringify(session) }))).toMatchObject({
      from: '1',
      to: '2',
      disposition: 'busy',
      direction: 'outbound',
      startedAtMs: start,
      ringSeconds: 1,
      talkSeconds: 4,
      durationSeconds: 5,
    })
  })
  it('compute the end from start and duration, and no span that runs backwards', () => {
    expect(readCdr(readFields({ timestamp: start / 1000, duration: '70' }))).toMatchObject({
      startedAtMs: start,
      endedAtMs: start + 70_000,
    })
    expect(readCdr(readFields({ timestamp: start / 1000, duration: 12.3456 })).endedAtMs).toBe(start + 12_346)
    expect(readCdr(readFields({ timestamp: start / 1000 })).endedAtMs).toBeUndefined()
    expect(
      readCdr(readFields({ session: { callStartTime: start, callAnswerTime: start - 5 } })).ringSeconds,
    ).toBeUndefined()
    expect(readCdr(readFields(undefined))).toMatchObject({
      from: '',
      to: '',
      startedAtMs: undefined,
      endedAtMs: undefined,
      quality: undefined,
    })
  })
  it.each([
    [{ qos: { rx_mos: '4.2', tx_mos: 'NaN', rtt: 31 } }, { rxMos: 4.2, rttMs: 31 }],
    [{ session: { qos: { tx_mos: 4.1 } } }, { txMos: 4.1 }],
    [{ qos: { rx_mos: 'NaN', ssrc: '1' } }, undefined],
    [{ qos: '{"rxMos":3}' }, { rxMos: 3 }],
  ])('quality %j is %j', (value, quality) => {
    expect(readCdr(readFields(value)).quality).toEqual(quality)
  })
})
