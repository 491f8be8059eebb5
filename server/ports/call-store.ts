import type { Attempt, CallRecord, Transition } from '../../shared/contract/calls.ts'
import type { CircuitChange as Told } from '../../shared/contract/voice-agents.ts'
import type { DecisionOutcome, Explanation } from '../../shared/contract/routing.ts'
import type { WebhookEvent, WebhookEventDetail } from '../../shared/contract/webhook-events.ts'
import type { CallState, Direction, Disposition, WebhookKind, WebhookOutcome } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import type { Page } from './configuration.ts'
import type { CircuitSubject } from './runtime-state.ts'

export interface DecisionRow {
  readonly id: string
  readonly atMs: number
  readonly outcome: DecisionOutcome
  readonly explanation: Explanation
  /** Credentials and signed state masked. */
  readonly cxml: string
}

export interface WebhookEventRow {
  readonly id: string
  readonly kind: WebhookKind
  readonly atMs: number
  readonly token?: string | undefined
  readonly outcome: WebhookOutcome
  readonly reason?: string | undefined
  readonly status: number
  /** Until the answer was ready; waiting for the store comes on top. */
  readonly latencyMicros: number
  /** Masked. */
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
  readonly answer?: string | undefined
}

/** An event as it is stored. */
export interface StoredWebhookEvent extends WebhookEventDetail {
  /** How many transitions its call had when it came; given where it brought some. */
  readonly transitionsBefore?: number | undefined
}

export interface WebhookEventFilter {
  readonly kind?: WebhookKind | undefined
  readonly outcome?: WebhookOutcome | undefined
  readonly status?: number | undefined
  readonly token?: string | undefined
  /** Caller or callee of the event's call, as its record has them. */
  readonly number?: string | undefined
  readonly numberContains?: string | undefined
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
  /** Part of token, reason, headers, payload or answer, as it is written there. */
  readonly search?: string | undefined
}

export interface WebhookEventPage extends Page<WebhookEvent> {
  /** The search took too long: a cursor goes on where it stopped. */
  isPartial?: true
  /** Of a partial page: what came before has not been looked at yet. */
  searchedBackToMs?: number
}

/** The exact answer to a request, for the case that the same request comes again. Encrypted at rest. */
export interface AnswerRow {
  readonly key: string
  readonly atMs: number
  readonly status: number
  readonly body: string
}

/** A circuit that changed, by the wall clock. */
export type ToldCircuitChange = Told

/** An answer as it is stored: found by its key, and by the other one where it has two. */
export interface GivenAnswer extends AnswerRow {
  readonly otherKey?: string | undefined
}

/** What one webhook causes. All of it is written in one transaction, or nothing is. */
export interface UnitOfWork {
  readonly tenantId: string
  /** It was appended before and failed, but may be stored all the same: what stands there already is not written again. */
  readonly isRepeated?: boolean | undefined
  /** Overwrites what is stored of it only where that has a lower revision. */
  readonly call?: Call | undefined
  /** Attempts of `call` to insert or overwrite, by n and under the same condition. */
  readonly attempts?: Call['attempts'] | undefined
  readonly transitions?: readonly Transition[] | undefined
  readonly decision?: DecisionRow | undefined
  readonly circuitChanges?: readonly ToldCircuitChange[] | undefined
  readonly webhookEvent?: WebhookEventRow | undefined
  readonly answer?: GivenAnswer | undefined
}

export interface CallLogHealth {
  /** Units waiting. */
  readonly backlog: number
  /** Units given up since the start. */
  readonly undelivered: number
  /**
   * Given for as long as nothing can be stored or read, or a call that is over cannot be entered in lists and sums. Gone when that
   * works again, which is tried without traffic too.
   */
  readonly failingSinceMs?: number | undefined
  readonly lastError?: string | undefined
}

/**
 * The group-committed write path. Units are written in the order of `append`.
 * `written`: survives a `kill -9`; `synced`: survives a power cut. Rejects when it could not be stored: with a DomainError
 * other than UNAVAILABLE when something is wrong with this unit alone.
 */
export interface CallLog {
  append(unit: UnitOfWork, durability: 'written' | 'synced'): Promise<void>
  /** Units waiting. */
  backlog(): number
}

export interface CallFilter {
  readonly from?: string | undefined
  readonly fromPrefix?: string | undefined
  readonly fromContains?: string | undefined
  readonly to?: string | undefined
  readonly toPrefix?: string | undefined
  readonly toContains?: string | undefined
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
  readonly agentId?: readonly string[] | undefined
  readonly groupId?: readonly string[] | undefined
  readonly ruleId?: readonly string[] | undefined
  readonly trunkId?: readonly string[] | undefined
  readonly provider?: readonly string[] | undefined
  readonly direction?: readonly Direction[] | undefined
  readonly state?: readonly CallState[] | undefined
  readonly disposition?: readonly Disposition[] | undefined
  readonly minDurationSeconds?: number | undefined
  readonly maxDurationSeconds?: number | undefined
  readonly token?: string | undefined
  readonly failedOver?: boolean | undefined
  /** Of the worse direction. */
  readonly minMos?: number | undefined
  readonly maxMos?: number | undefined
  /** Part of a number, or what the token begins with. */
  readonly search?: string | undefined
}

export type CallSort = 'start' | 'duration' | 'agent'

export interface CallPageQuery {
  readonly limit: number
  /** `nextCursor` or `prevCursor` of a page in the same order. */
  readonly cursor?: string | undefined
  /** By start unless said otherwise. */
  readonly sort?: CallSort | undefined
  /** Agents from A on, all else from the top, unless said otherwise. */
  readonly order?: 'asc' | 'desc' | undefined
}

export interface CallPage extends Page<CallRecord> {
  prevCursor?: string
  /** Of the first page alone. */
  total?: number
  totalIsEstimate?: true
  /** The search took too long: records may be missing, and a cursor goes on where it stopped. */
  isPartial?: true
  /** Newest first: what started from here on has been looked through. */
  searchedBackToMs?: number
}

/** A call with all that happened to it. */
export interface StoredCall {
  readonly record: CallRecord
  readonly attempts: readonly Attempt[]
  readonly decisions: readonly DecisionRow[]
  readonly transitions: readonly Transition[]
  /** Without their bodies, which can be large: `getWebhookEvent` has them. */
  readonly webhookEvents: readonly WebhookEvent[]
}

export interface CallStore {
  /** Calls not in a terminal state, newest first. */
  live(tenantId: string, limit: number): Promise<Page<CallRecord>>
  list(tenantId: string, filter: CallFilter, page: CallPageQuery): Promise<CallPage>
  /** By record id or session token. */
  get(tenantId: string, idOrToken: string): Promise<StoredCall | undefined>
  /** The working form of a call, to go on with it. Answers without asking the file when the token was certainly never seen. */
  find(tenantId: string, token: string): Promise<Call | undefined>
  /** All calls not in a terminal state, of every tenant: what recovery starts from. */
  inFlight(): Promise<readonly Call[]>
  /** Newest first: of these subjects. */
  circuitChanges(
    tenantId: string,
    subjects: readonly CircuitSubject[],
    page: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ToldCircuitChange>>
  /** The circuits whose last change did not close them, of every tenant: what recovery starts from. */
  openCircuits(): Promise<readonly { readonly tenantId: string; readonly change: ToldCircuitChange }[]>
  findAnswer(tenantId: string, key: string, notBeforeMs: number): Promise<AnswerRow | undefined>
  /** Deletes answers older than that; how many there were. */
  deleteAnswersBefore(ms: number): Promise<number>
  answersKept(tenantId: string): Promise<{ readonly count: number; readonly oldestAtMs?: number | undefined }>
  /** Deletes a tenant's; how many there were. */
  deleteAnswersOf(tenantId: string): Promise<number>
  /** Without their bodies, as in the timeline. */
  listWebhookEvents(
    tenantId: string,
    filter: WebhookEventFilter,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<WebhookEventPage>
  getWebhookEvent(tenantId: string, id: string): Promise<StoredWebhookEvent | undefined>
  /** Compresses bodies that busy moments or earlier versions left as they came, so many at most; how many there were. */
  packWebhookBodies(most: number): Promise<number>
}
