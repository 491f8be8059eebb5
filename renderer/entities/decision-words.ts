import type { Decision } from '../../shared/contract/routing.ts'

/** A decision without its document, as events carry it. */
export type DecisionNews = Omit<Decision, 'cxml'> & { readonly cxml?: string | undefined }

export const isFailover = (decision: DecisionNews): boolean => decision.explanation.trigger === 'dial_result'

/** What asked for it, short enough for a tab: "Call came in", "After busy". */
export const triggerWords = (decision: DecisionNews): string => {
  const { trigger, after } = decision.explanation
  if (trigger === 'voice_request') return 'Call came in'
  if (trigger === 'test') return 'Test'
  return after ? `After ${after.replaceAll('_', ' ')}` : 'After dial result'
}
