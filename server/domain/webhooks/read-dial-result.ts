import type { AttemptResult } from '../../../shared/vocabulary.ts'
import { foldWord, readWord, readTimeMs, type Fields } from './fields.ts'

export interface DialResult {
  readonly result: AttemptResult
  /** The platform's own word, for the explanation. */
  readonly word: string
  readonly answeredAtMs: number | undefined
}

const results = new Map<string, AttemptResult>(
  Object.entries({
    answered: 'answered',
    answer: 'answered',
    completed: 'answered',
    connected: 'answered',
    busy: 'busy',
    noanswer: 'no_answer',
    canceled: 'cancelled',
    cancelled: 'cancelled',
    cancel: 'cancelled',
  } as const),
)

/** Words that say how a call stands, not how a dial ended. */
const standing = new Set(['queued', 'ringing', 'inprogress'])

/** How a dial ended, or how a call stands. */
export const isResultWord = (folded: string): boolean => results.has(folded) || standing.has(folded)

/**
 * The result is in `DialCallStatus` or, failing that, in `CallStatus`; an unknown or missing word is a failed dial. Where
 * only a standing word is there, the answer time decides, unless the caller was answered for an announcement already.
 */
export const readDialResult = (fields: Fields, wasAnnounced: boolean): DialResult => {
  const answeredAtMs = readTimeMs(fields.object('SessionData').get('callAnswerTime'))
  const dialWord = readWord(fields, 'DialCallStatus')
  const word = dialWord ?? readWord(fields, 'CallStatus') ?? ''
  const folded = foldWord(word)
  if (dialWord === undefined && standing.has(folded)) {
    return { result: answeredAtMs !== undefined && !wasAnnounced ? 'answered' : 'failed', word, answeredAtMs }
  }
  return { result: results.get(folded) ?? 'failed', word, answeredAtMs }
}
