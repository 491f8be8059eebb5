import type { CallState, Disposition } from '../../shared/vocabulary.ts'
import { pick, type Random } from './chance.ts'
import type { Outcome } from './scenario.ts'

/** How a call ended for the caller, and every name this has: in the CDR, in the last session update, in a record kept of it. */
export type Ending = 'answered' | 'busy' | 'no_answer' | 'cancelled' | 'congestion' | 'failed'

interface EndingWords {
  readonly cdr: readonly [string, ...string[]]
  readonly session: string
  readonly state: CallState
  readonly disposition: Disposition
}

const words: Record<Ending, EndingWords> = {
  answered: {
    cdr: ['ANSWER', 'ANSWERED', 'CONNECTED'],
    session: 'connected',
    state: 'completed',
    disposition: 'answered',
  },
  busy: { cdr: ['BUSY'], session: 'busy', state: 'busy', disposition: 'busy' },
  no_answer: { cdr: ['NOANSWER', 'NO ANSWER'], session: 'noanswer', state: 'no_answer', disposition: 'no_answer' },
  cancelled: { cdr: ['CANCEL', 'CANCELED'], session: 'cancel', state: 'no_answer', disposition: 'cancelled' },
  congestion: { cdr: ['CONGESTION'], session: 'error', state: 'failed', disposition: 'congestion' },
  failed: { cdr: ['FAILED', 'ERROR'], session: 'error', state: 'failed', disposition: 'failed' },
}

export const wordsOf = (ending: Ending): EndingWords => words[ending]
export const spellDisposition = (ending: Ending, random: Random): string => pick(words[ending].cdr, random)

/** `<Reject>` answers the caller's side with a SIP code, and the code becomes the disposition. */
const rejected: Record<string, Ending> = { rejected: 'busy', busy: 'busy', congestion: 'congestion', failed: 'failed' }

/** A caller who was answered, by an agent or by an announcement, has an answered call, whatever came of the dials. */
export const endingOf = (
  wasAnswered: boolean,
  last: { readonly rejectReason?: string | undefined; readonly dial?: Outcome | undefined },
): Ending => {
  if (wasAnswered) return 'answered'
  if (last.rejectReason !== undefined) return rejected[last.rejectReason] ?? 'failed'
  return last.dial ?? 'no_answer'
}
