import type { CallState, Disposition } from '../../shared/vocabulary.ts'
import type { Outcome } from './scenario.ts'

export interface Dialled {
  readonly value: string
  readonly provider?: string | undefined
  /** False for a phone number called through a trunk. */
  readonly isAgent: boolean
  readonly outcome: Outcome
}

/** A call as it was played, and what a record of it must say. */
export interface PlayedCall {
  readonly token: string
  readonly to: string
  readonly state: CallState
  readonly disposition: Disposition
  readonly dials: readonly Dialled[]
  readonly wasReordered: boolean
  /** The CDR was taken with a 200: from then on it must not be lost. */
  readonly isCdrTaken: boolean
  /** False where the call went wrong or its CDR was never sent, so that nobody can say how the record must look. */
  readonly isComparable: boolean
}
