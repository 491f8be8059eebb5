import { foldWord, readTimeMs, type Fields } from './fields.ts'

export interface VoiceRequest {
  readonly from: string
  readonly to: string
  /** As it came; may be anything. */
  readonly direction: string
  readonly startedAtMs: number | undefined
}

/** The request for what to do with a call. Missing numbers are empty text, which is a literal that only `*` matches. */
export const readVoiceRequest = (fields: Fields): VoiceRequest => {
  const session = fields.object('SessionData')
  return {
    from: fields.text('From') ?? session.text('callerId') ?? '',
    to: fields.text('To') ?? session.text('destination') ?? '',
    direction: fields.text('Direction', 'CallDirection') ?? session.text('direction') ?? '',
    startedAtMs: readTimeMs(session.get('callStartTime') ?? fields.get('CallStartTime')),
  }
}

/**
 * What the platform's word says of a call that goes out: the device that calls is one it has authenticated; the callee has
 * already answered; or neither, so that the caller is who the number says at best.
 */
export type OutboundSign = 'authenticated' | 'answered' | 'unproven'

const outboundWords: ReadonlyMap<string, OutboundSign> = new Map([
  ['subscriber', 'authenticated'],
  ['outbound', 'authenticated'],
  ['outgoing', 'authenticated'],
  ['outboundapi', 'answered'],
  ['application', 'unproven'],
])

/** Undefined when the word does not say that the call goes out. Unknown words never cause an error; they are inbound. */
export const outboundSignOf = (direction: string): OutboundSign | undefined => outboundWords.get(foldWord(direction))

export const saysOutbound = (direction: string): boolean => outboundSignOf(direction) !== undefined
