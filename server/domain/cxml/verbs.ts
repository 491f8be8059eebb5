import type { RejectReason } from '../../../shared/vocabulary.ts'

/** CXML as data: the verbs and attributes that Cloudonix documents, as far as we send them. */

export type DialNoun =
  | {
      readonly noun: 'Service'
      readonly provider: string
      readonly number: string
      readonly username?: string | undefined
      readonly password?: string | undefined
    }
  | {
      readonly noun: 'Sip'
      readonly uri: string
      readonly username?: string | undefined
      readonly password?: string | undefined
    }
  | { readonly noun: 'Number'; readonly number: string }

export interface Dial {
  readonly verb: 'Dial'
  readonly to: DialNoun
  /** Ring time. */
  readonly timeoutSeconds: number
  /** Longest call. */
  readonly timeLimitSeconds: number
  /** Where the result goes; absolute, or relative to the request. Without it the verbs that follow are run. */
  readonly action?: string | undefined
  readonly callerId?: string | undefined
  /** Trunk names in order. */
  readonly trunks?: readonly string[] | undefined
}

export type Verb =
  | Dial
  | { readonly verb: 'Connect'; readonly streamUrl: string; readonly parameters: Readonly<Record<string, string>> }
  | { readonly verb: 'Redirect'; readonly url: string }
  | { readonly verb: 'Say'; readonly text: string; readonly language: string }
  | { readonly verb: 'Reject'; readonly reason: RejectReason }
  | { readonly verb: 'Hangup' }

export type CxmlDocument = readonly Verb[]

export const hangup: CxmlDocument = [{ verb: 'Hangup' }]
export const reject = (reason: RejectReason = 'rejected'): CxmlDocument => [{ verb: 'Reject', reason }]
