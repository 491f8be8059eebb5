import type { WebhookKind } from '../../../shared/vocabulary.ts'
import { asObject, asText, fold, foldWord } from './fields.ts'
import { isDispositionWord } from './read-cdr.ts'
import { isResultWord } from './read-dial-result.ts'
import { isSessionWord } from './read-session-update.ts'
import { saysOutbound } from './read-voice-request.ts'

/**
 * What webhooks say that the Cloudonix contract does not name. Everything is accepted; this only tells of it, so that somebody
 * looks before it matters.
 */
export interface Finding {
  /** Where: `colour`, `SessionData.colour`. */
  readonly field: string
  /** What the field says; empty where it is the field itself that nobody knows. */
  readonly value: string
}

/** What cannot be shown (it may be a number, a name or a secret), or is too much. */
export const otherName = '(other)'

type IsKnownWord = (folded: string) => boolean
/** A field that is known. */
interface Known {
  /** Set where its words are known too. */
  readonly isKnownWord?: IsKnownWord | undefined
  /** Set where it is an object whose fields are known; others are free-form. */
  readonly inside?: Part | undefined
}
/** By its name as it is documented, and folded. */
type Part = ReadonlyMap<string, Known>

const part = (
  names: string,
  words: Readonly<Record<string, IsKnownWord>> = {},
  inside: Readonly<Record<string, Part>> = {},
): Part =>
  new Map(
    names.split(' ').flatMap((name) => {
      const known = { isKnownWord: words[name], inside: inside[name] }
      return [
        [name, known],
        [fold(name), known],
      ]
    }),
  )

const among = (...words: readonly string[]): IsKnownWord => {
  const known = new Set(words)
  return (word) => known.has(word)
}
const isDirection: IsKnownWord = (word) => word === 'inbound' || saysOutbound(word)
const isSessionDirection = among(
  'incoming',
  'outgoing',
  'internal',
  'application',
  'inbound',
  'outbound',
  'outboundapi',
)
const isSessionStatus: IsKnownWord = (word) => word === 'external' || isSessionWord(word)
const isFailedDial = among('failed', 'error', 'congestion', 'unknown')
const isCallStatus: IsKnownWord = (word) => isResultWord(word) || isFailedDial(word)
const isDisposition: IsKnownWord = (word) => isDispositionWord(word) || word === 'nocredit' || word === 'external'

const quality = part('rtt rx_mos tx_mos ssrc')
const session = part(
  'id token eventId domainId domain domainNameOrId subscriberId outgoingSubscriberId callerId destination direction status ' +
    'createdAt modifiedAt callStartTime callAnswerTime callEndTime startTime answerTime endTime timeLimit vappServer action ' +
    'reason lastError callIds profile ringing qos',
  { direction: isSessionDirection, status: isSessionStatus },
  { qos: quality },
)
const request = part(
  'ApiVersion CallSid Session From To Direction CallDirection CallStatus SessionStatus CallStartTime CallerName Domain ' +
    'AccountSid ApplicationSid Diverted AssertedIdentity FromCountry ToCountry Digits SpeechResult DialCallStatus ' +
    'DialCallDuration DialCallSid DialBridged RecordingUrl RecordingSid RecordingStatus RecordingDuration RecordingStartTime ' +
    'SessionData Application profile query headers s',
  {
    Direction: isDirection,
    CallDirection: isDirection,
    CallStatus: isCallStatus,
    DialCallStatus: isCallStatus,
    SessionStatus: isSessionStatus,
  },
  { SessionData: session, Application: part('id domainId name uuid profile type url method llm-tools') },
)
const cdr = part(
  'timestamp domain subscriber cx_trunk_id application route from to disposition duration billsec call_id rated_cost approx_cost ' +
    'sell_cost vapp_server recording_url session owner qos',
  { disposition: isDisposition },
  { session, qos: quality, owner: part('domain', {}, { domain: part('uuid name') }) },
)
const parts: Readonly<Record<WebhookKind, Part>> = {
  voice_request: request,
  dial_result: request,
  session_update: session,
  cdr,
}

/** Of one webhook. */
const mostFindings = 20

const longestName = 40
const mostDigits = 3
/** Words, as names and statuses are; what holds more digits may be a number, and what is longer a secret. */
const shown = (text: string): string =>
  text.length <= longestName && /^[a-z][a-z0-9 _.-]*$/i.test(text) && text.replace(/\D/g, '').length <= mostDigits
    ? text
    : otherName

/** Reads every name of the documented objects once; most webhooks hold nothing unknown. */
export const findDialect = (kind: WebhookKind, fields: unknown): readonly Finding[] => {
  const findings: Finding[] = []
  const look = (source: Readonly<Record<string, unknown>>, names: Part, path: string): void => {
    for (const name in source) {
      if (findings.length >= mostFindings) return
      const known = names.get(name) ?? names.get(fold(name))
      if (!known) {
        findings.push({ field: path + shown(name), value: '' })
        continue
      }
      const { isKnownWord, inside } = known
      const word = isKnownWord && asText(source[name])
      if (isKnownWord && word !== undefined && !isKnownWord(foldWord(word)))
        findings.push({ field: path + name, value: shown(word.trim()) })
      if (inside) look(asObject(source[name]), inside, `${path}${name}.`)
    }
  }
  look(asObject(fields), parts[kind], '')
  return findings
}
