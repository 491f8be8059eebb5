import type { CallRecord } from '../../shared/contract/calls.ts'
import type { WebhookEvent } from '../../shared/contract/webhook-events.ts'
import type {
  AttemptResult,
  CallState,
  Disposition,
  StrategyName,
  WebhookKind,
  WebhookOutcome,
} from '../../shared/vocabulary.ts'

export const stateWords: Readonly<Record<CallState, string>> = {
  received: 'received',
  queued: 'queued',
  routing: 'routing',
  connecting: 'connecting',
  connected: 'connected',
  completed: 'completed',
  busy: 'busy',
  no_answer: 'no answer',
  failed: 'failed',
}

export const resultWords: Readonly<Record<AttemptResult, string>> = {
  answered: 'answered',
  busy: 'busy',
  no_answer: 'no answer',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** The way a call ended, where it says more than the state does. */
export const dispositionWords: Readonly<Record<Disposition, string>> = {
  answered: 'answered',
  busy: 'busy',
  no_answer: 'no answer',
  cancelled: 'caller hung up before an answer',
  congestion: 'congestion',
  failed: 'failed',
  lost: 'lost: no end was ever reported',
  other: 'other',
}

export const strategyWords: Readonly<Record<StrategyName, string>> = {
  load_balanced: 'load balanced',
  priority: 'priority',
  round_robin: 'round robin',
  least_active: 'least active',
  weighted_random: 'weighted random',
}

export const webhookWords: Readonly<Record<WebhookKind, string>> = {
  voice_request: 'voice request',
  dial_result: 'dial result',
  session_update: 'session update',
  cdr: 'CDR',
}

const outcomeWords: Readonly<Record<WebhookOutcome, string>> = {
  applied: 'applied',
  ignored: 'ignored',
  duplicate: 'duplicate, answered as the first time',
  refused: 'refused',
  unreadable: 'unreadable',
  fault: 'fault in Switchyard',
}

export const webhookOutcome = ({ outcome, reason }: Pick<WebhookEvent, 'outcome' | 'reason'>): string =>
  reason === undefined ? outcomeWords[outcome] : `${outcomeWords[outcome]}: ${reason}`

type Via = Pick<CallRecord, 'ruleName' | 'groupName' | 'agentName'>

/** How a call goes where it goes: "Sales EU › Vapi 3". */
export const viaWords = ({ ruleName, groupName, agentName }: Via): string =>
  [groupName ?? ruleName, agentName].filter((name) => name !== undefined).join(' › ')
