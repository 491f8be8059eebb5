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

const outboundWords = new Set(['subscriber', 'outbound', 'outgoing', 'outboundapi', 'application'])

/** Whether the platform's direction word says that the call goes out. Unknown words never cause an error; they are inbound. */
export const saysOutbound = (direction: string): boolean => outboundWords.has(foldWord(direction))
