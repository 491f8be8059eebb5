import type { Direction, Disposition } from '../../../shared/vocabulary.ts'
import type { Quality } from '../calls/call.ts'
import { foldWord, readWord, readAmount, readTimeMs, type Fields } from './fields.ts'
import { saysOutbound } from './read-voice-request.ts'

/** The final record of a call, in our words. */
export interface Cdr {
  readonly from: string
  readonly to: string
  readonly direction: Direction
  readonly disposition: Disposition
  /** The platform's own word. */
  readonly word: string
  /** Where it is not, the disposition is what the talk tells. */
  readonly isWordKnown: boolean
  readonly startedAtMs: number | undefined
  readonly answeredAtMs: number | undefined
  readonly endedAtMs: number | undefined
  readonly ringSeconds: number | undefined
  readonly talkSeconds: number | undefined
  readonly durationSeconds: number | undefined
  readonly quality: Quality | undefined
  /** Cloudonix's identifier of the trunk, which it writes as a number or as text. */
  readonly platformTrunkId: string | undefined
}

const dispositionWords = new Map<string, Disposition>(
  Object.entries({
    answer: 'answered',
    answered: 'answered',
    connected: 'answered',
    completed: 'answered',
    busy: 'busy',
    noanswer: 'no_answer',
    cancel: 'cancelled',
    canceled: 'cancelled',
    cancelled: 'cancelled',
    congestion: 'congestion',
    failed: 'failed',
    error: 'failed',
  } as const),
)

export const isDispositionWord = (folded: string): boolean => dispositionWords.has(folded)

/** The scale begins at 1. What was not measured comes as "NaN" or 0. */
const readMos = (value: unknown): number | undefined => {
  const mos = readAmount(value)
  return mos !== undefined && mos >= 1 ? mos : undefined
}

const longestId = 64

/** An identifier of the platform, as text; 0 stands for none. */
const readId = (fields: Fields, name: string): string | undefined => {
  const id = fields.text(name)?.trim().slice(0, longestId).toWellFormed()
  return id === '0' ? undefined : id
}

/** Where no stream was measured there is no quality: then the other fields are zeros. */
const readQuality = (fields: Fields, session: Fields): Quality | undefined => {
  const qos = fields.object('qos').isEmpty ? session.object('qos') : fields.object('qos')
  const rxMos = readMos(qos.get('rx_mos'))
  const txMos = readMos(qos.get('tx_mos'))
  const rttMs = readAmount(qos.get('rtt'))
  if (rxMos === undefined && txMos === undefined && !rttMs) return undefined
  const ssrc = readId(qos, 'ssrc')
  return {
    ...(rxMos !== undefined && { rxMos }),
    ...(txMos !== undefined && { txMos }),
    ...(rttMs !== undefined && { rttMs }),
    ...(ssrc !== undefined && { ssrc }),
  }
}

/** Undefined where one of them is not known, or the order is wrong: clocks differ. */
export const secondsBetween = (from: number | undefined, to: number | undefined): number | undefined =>
  from !== undefined && to !== undefined && to >= from ? (to - from) / 1000 : undefined

export const readCdr = (fields: Fields): Cdr => {
  const session = fields.object('session')
  const word = readWord(fields, 'disposition') ?? readWord(session, 'status') ?? ''
  const startedAtMs = readTimeMs(session.get('callStartTime')) ?? readTimeMs(fields.get('timestamp'))
  const answeredAtMs = readTimeMs(session.get('callAnswerTime'))
  const endedAtMs = readTimeMs(session.get('callEndTime'))
  const billsec = readAmount(fields.get('billsec'))
  // A word that nobody documented still went with a conversation, or did not.
  const hasTalked = (billsec ?? 0) > 0 || answeredAtMs !== undefined
  const known = dispositionWords.get(foldWord(word))
  const durationSeconds = readAmount(fields.get('duration')) ?? secondsBetween(startedAtMs, endedAtMs)
  return {
    from: fields.text('from') ?? session.text('callerId') ?? '',
    to: fields.text('to') ?? session.text('destination') ?? '',
    direction: saysOutbound(session.text('direction') ?? '') ? 'outbound' : 'inbound',
    disposition: known ?? (hasTalked ? 'answered' : 'other'),
    word,
    isWordKnown: known !== undefined,
    startedAtMs,
    answeredAtMs,
    endedAtMs:
      endedAtMs ??
      (startedAtMs !== undefined && durationSeconds !== undefined
        ? Math.round(startedAtMs + durationSeconds * 1000)
        : undefined),
    ringSeconds: secondsBetween(startedAtMs, answeredAtMs),
    talkSeconds: billsec ?? secondsBetween(answeredAtMs, endedAtMs),
    durationSeconds,
    quality: readQuality(fields, session),
    platformTrunkId: readId(fields, 'cx_trunk_id'),
  }
}
