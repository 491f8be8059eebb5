import type { CallPlan } from './plan-call.ts'

/** What the platform sends, in its shapes and its words. */

export interface Leg {
  readonly startMs: number
  readonly answerMs: number
  readonly endMs: number
}

export interface Sender {
  readonly domain: string
  readonly bearer?: string | undefined
}

const domainId = 4242
const domainUuid = '11111111-2222-4333-8444-555555555555'
const applicationUuid = '66666666-7777-4888-8999-000000000001'
const vappServer = '192.0.2.10'
const timeLimit = 14_400
const application = {
  id: 7001,
  domainId,
  name: 'voice-router',
  uuid: applicationUuid,
  type: 'cxml',
  method: 'POST',
  profile: {},
  'llm-tools': [],
}

/** The platform's own number of a session. */
export const sessionId = (callIndex: number): number => 1_000_000 + callIndex

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number): string | null => (ms > 0 ? iso(ms) : null)
const msOrNull = (ms: number): number | null => (ms > 0 ? ms : null)

/** Builds the bodies of one call; what does not change is made once. */
export const createPayloads = (
  plan: Pick<CallPlan, 'index' | 'token' | 'from' | 'to' | 'writesDomainAsObject' | 'writesUpdatesAsList'>,
  sender: Sender,
) => {
  const { token, from, to } = plan
  const id = sessionId(plan.index)
  const { domain } = sender
  const callId = `${token.slice(0, 16)}@198.51.100.20:5060`
  const profile = {
    callId: [callId],
    'inbound-trunk-id': 0,
    'trunk-sip-headers': { CID: callId, 'Cloudonix-Origin': 'border', 'Cloudonix-IP': '198.51.100.20' },
  }
  const domainField = plan.writesDomainAsObject ? { id: domainId, domain, uuid: domainUuid, active: true } : domain
  const authorization: Record<string, string> =
    sender.bearer === undefined ? {} : { authorization: `Bearer ${sender.bearer}` }
  const jsonHeaders: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Cloudonix APP.Core/5.3',
    ...authorization,
  }
  const voiceHeaders: Record<string, string> = {
    ...jsonHeaders,
    'x-cx-domain': domain,
    'x-cx-session': token,
    'x-cx-from': from,
    'x-cx-to': to,
    'x-cx-source': 'TRUNK',
  }
  let eventsSent = 0

  return {
    jsonHeaders,
    voiceHeaders: (stageId: string) => ({ ...voiceHeaders, 'x-cx-stageid': stageId }),

    /** The request for a document; a dial result is the same with the result added. */
    voiceRequest(status: string, leg: Leg, result: Readonly<Record<string, string>> = {}): string {
      return JSON.stringify({
        ApiVersion: '1',
        CallSid: token,
        Session: token,
        From: from,
        To: to,
        Direction: 'inbound',
        CallStatus: 'in-progress',
        Domain: domain,
        AccountSid: domain,
        ApplicationSid: applicationUuid,
        SessionData: {
          id,
          domainId,
          domainNameOrId: domain,
          callerId: from,
          destination: to,
          token,
          direction: 'incoming',
          status,
          ringing: false,
          timeLimit,
          callStartTime: leg.startMs,
          callAnswerTime: leg.answerMs,
          callEndTime: 0,
          vappServer,
          callIds: [callId],
          profile,
        },
        Application: application,
        ...result,
      })
    },

    sessionUpdate(status: string, atMs: number, leg: Leg, action: string): string {
      eventsSent += 1
      const update = {
        id,
        eventId: `${token.slice(0, 24)}-${eventsSent}`,
        domainId,
        domain: domainField,
        subscriberId: null,
        outgoingSubscriberId: null,
        callerId: from,
        destination: to,
        direction: 'incoming',
        status,
        token,
        createdAt: iso(leg.startMs),
        modifiedAt: iso(atMs),
        callStartTime: leg.startMs,
        callAnswerTime: msOrNull(leg.answerMs),
        callEndTime: msOrNull(leg.endMs),
        startTime: iso(leg.startMs),
        answerTime: isoOrNull(leg.answerMs),
        endTime: isoOrNull(leg.endMs),
        timeLimit,
        vappServer,
        action,
        reason: null,
        lastError: null,
        callIds: [callId],
        profile,
      }
      return JSON.stringify(plan.writesUpdatesAsList ? [update] : update)
    },

    cdr(disposition: string, sessionStatus: string, leg: Leg): string {
      const billsec = leg.answerMs > 0 ? Math.floor((leg.endMs - leg.answerMs) / 1000) : 0
      return JSON.stringify({
        timestamp: Math.floor(leg.startMs / 1000),
        domain,
        subscriber: null,
        cx_trunk_id: 3101,
        application: 'voice-router',
        route: '',
        from,
        to,
        disposition,
        duration: Math.floor((leg.endMs - leg.startMs) / 1000),
        billsec,
        call_id: callId,
        rated_cost: 0,
        approx_cost: 0,
        sell_cost: 0,
        vapp_server: vappServer,
        session: {
          id,
          token,
          domainId,
          domain: { id: domainId, domain, uuid: domainUuid },
          callerId: from,
          destination: to,
          direction: 'incoming',
          status: sessionStatus,
          timeLimit,
          callStartTime: leg.startMs,
          callAnswerTime: leg.answerMs,
          callEndTime: leg.endMs,
          vappServer,
          profile,
        },
        owner: { domain: { uuid: domainUuid, name: domain } },
        qos:
          leg.answerMs > 0
            ? { rtt: 42.5, rx_mos: 4.31, tx_mos: 4.28, ssrc: '3735928559' }
            : { rtt: 0, rx_mos: 'NaN', tx_mos: 'NaN', ssrc: '0' },
      })
    },
  }
}
export type Payloads = ReturnType<typeof createPayloads>
