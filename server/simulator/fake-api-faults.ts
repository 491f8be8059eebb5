import type { Random } from './chance.ts'

/** What goes wrong with a request instead of, or beside, its being answered. */
export type Fault =
  | {
      /** Another answer than the right one; nothing is done. */
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** No answer at all, or the connection is cut; what was asked is done all the same where `isDone`. */
  | { readonly kind: 'silence' | 'cut'; readonly isDone?: boolean }
  /** The right answer, late. */
  | { readonly kind: 'slow'; readonly ms: number }

const serverErrors = [500, 502, 503, 504]

/** Faults by chance: so many of the requests fail, so many others are slow. */
export const randomFaults =
  (shares: { readonly errors: number; readonly slow: number; readonly slowMs: number }, random: Random) =>
  (): Fault | undefined => {
    const lot = random()
    if (lot < shares.errors) {
      return { kind: 'answer', status: serverErrors[Math.floor(random() * serverErrors.length)] ?? 500 }
    }
    return lot < shares.errors + shares.slow ? { kind: 'slow', ms: shares.slowMs } : undefined
  }
