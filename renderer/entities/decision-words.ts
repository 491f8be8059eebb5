import type { Decision } from '../../shared/contract/routing.ts'
import type { TargetType } from '../../shared/vocabulary.ts'

/** A decision without its document, as events carry it. */
export type DecisionNews = Omit<Decision, 'cxml'> & { readonly cxml?: string | undefined }

export type DecisionKind = 'first' | 'failover' | 'end'

/** A dial result is answered with the next target, or with the end of the call: only the first is a failover. */
export const kindOf = ({ explanation, target }: DecisionNews): DecisionKind => {
  if (explanation.trigger !== 'dial_result') return 'first'
  return target.type === 'hangup' ? 'end' : 'failover'
}

export const kindWords: Readonly<Record<DecisionKind, string>> = { first: 'Routed', failover: 'Failover', end: 'Ended' }

/** What asked for the decision, short enough for a tab. The first one of a call comes before any attempt. */
export const triggerWords = ({ explanation: { trigger } }: DecisionNews, index: number): string => {
  if (trigger === 'test') return 'Test'
  return trigger === 'voice_request' ? 'Call came in' : `After attempt ${index}`
}

export const targetWords: Readonly<Record<TargetType, string>> = {
  agent: 'Voice agent',
  group: 'Agent group',
  number: 'Number',
  message: 'Spoken message',
  reject: 'Reject',
  hangup: 'Hang-up',
}
