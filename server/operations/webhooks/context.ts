import type { WebhookOutcome } from '../../../shared/vocabulary.ts'
import type { Call } from '../../domain/calls/call.ts'
import type { Progress } from '../../domain/calls/call-progress.ts'
import type { Fields } from '../../domain/webhooks/fields.ts'
import type { CallLog, CallStore, DecisionRow } from '../../ports/call-store.ts'
import type { EventBus } from '../../ports/event-bus.ts'
import type { CircuitChange, RuntimeState } from '../../ports/runtime-state.ts'
import type { Clock, Crypto, Log, NewId, Random } from '../../ports/system.ts'
import type { WebhookRequest } from '../../ports/webhooks.ts'
import type { AgentResults } from '../agent-results.ts'
import type { Health } from '../health.ts'
import type { DialectMonitor } from './dialect-monitor.ts'
import type { Refusals } from './refusals.ts'
import type { DuplicateCounts } from '../idempotency.ts'
import type { TenantDirectory, TenantInForce } from '../tenant-directory.ts'

/** What the handling of webhooks works with. */
export interface WebhookDeps {
  readonly directory: TenantDirectory
  readonly runtime: RuntimeState
  readonly calls: CallStore
  readonly callLog: CallLog
  readonly events: EventBus
  readonly health: Health
  readonly results: AgentResults
  readonly duplicates: DuplicateCounts
  readonly dialect: Pick<DialectMonitor, 'note'>
  readonly refusals: Pick<Refusals, 'note'>
  readonly clock: Clock
  readonly crypto: Crypto
  readonly newId: NewId
  readonly chance: Random
  readonly log: Log
  /** What Cloudonix reaches, without a slash at the end; undefined: our URLs are relative. Never taken from a request. */
  readonly publicUrl: string | undefined
}

/** A slot of an agent, or of a trunk. */
export type TakenSlot = { readonly leaseKey: string } & (
  { readonly agentId: string; readonly provider: string } | { readonly trunkId: string }
)

/** One readable, authorised webhook of a known tenant. */
export interface Incoming {
  readonly request: WebhookRequest
  readonly inForce: TenantInForce
  readonly fields: Fields
  readonly token: string
  /** What goes on record. */
  readonly nowMs: number
  /** What leases and deadlines go by. */
  readonly steadyMs: number
  /** It came to a key of before its rotation: only signed state is believed. */
  readonly isKeyExpired: boolean
  /** Slots taken for it so far; given back when nothing comes of it. */
  readonly taken: TakenSlot[]
  /** Numbers of the attempts whose slots were given back and whose results were told to the circuits. */
  readonly settled: Set<number>
  /** What circuits have become because of it. */
  readonly circuitChanges: CircuitChange[]
}

/** What handling it came to; the frame stores, answers and tells. */
export interface Handled {
  readonly outcome: WebhookOutcome
  readonly reason?: string | undefined
  readonly progress?: Progress | undefined
  /**
   * A call that stays as it is, to be stored where it is not yet: the webhook may be one that was answered with 503 before,
   * and if what it did then was given up, its 200 is still to be true.
   */
  readonly stands?: Call | undefined
  readonly isNewCall?: boolean | undefined
  readonly decision?: DecisionRow | undefined
  /** The body of a CXML answer, with what people may see of it. */
  readonly cxml?: { readonly text: string; readonly masked: string } | undefined
  /** Kept so that the same request gets the same answer. */
  readonly answerKey?: string | undefined
  /** The same, where one key may not be enough to know it by. */
  readonly otherAnswerKey?: string | undefined
}
