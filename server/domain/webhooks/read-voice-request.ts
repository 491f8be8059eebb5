import { foldWord, readTimeMs, type Fields } from './fields.ts'

export interface VoiceRequest {
  readonly from: string
  readonly to: string
  /** As it came; may be anything. */
  readonly direction: string
  /** Undefined when nothing says that the call goes out. */
  readonly sign: OutboundSign | undefined
  readonly startedAtMs: number | undefined
}

/**
 * What the platform's word says of a call that goes out: the device that calls is one it has authenticated, which only
 * `subscriber` is documented to say; the callee has already answered; or neither, so that the caller is who the number says
 * at best.
 */
export type OutboundSign = 'authenticated' | 'answered' | 'unproven'

const outboundWords: ReadonlyMap<string, OutboundSign> = new Map([
  ['subscriber', 'authenticated'],
  ['outbound', 'unproven'],
  ['outgoing', 'unproven'],
  ['outboundapi', 'answered'],
  ['application', 'unproven'],
])

/** The request for what to do with a call. Missing numbers are empty text, which is a literal that only `*` matches. */
export const readVoiceRequest = (fields: Fields): VoiceRequest => {
  const session = fields.object('SessionData')
  const said = fields.text('Direction', 'CallDirection')
  const direction = said ?? session.text('direction') ?? ''
  const sign = outboundWords.get(foldWord(direction))
  return {
    from: fields.text('From') ?? session.text('callerId') ?? '',
    to: fields.text('To') ?? session.text('destination') ?? '',
    direction,
    // Sessions have words of their own, of which none is documented to tell an authenticated device.
    sign: said === undefined && sign === 'authenticated' ? 'unproven' : sign,
    startedAtMs: readTimeMs(session.get('callStartTime') ?? fields.get('CallStartTime')),
  }
}

/** Unknown words never cause an error; they are inbound. */
export const saysOutbound = (direction: string): boolean => outboundWords.has(foldWord(direction))
