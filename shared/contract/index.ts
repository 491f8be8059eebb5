import type { Static, TSchema } from 'typebox'
import type { ErrorCode, Role } from '../vocabulary.ts'
import { accountOperations } from './account.ts'
import { agentGroupOperations } from './agent-groups.ts'
import { analyticsOperations } from './analytics.ts'
import { apiTokenOperations } from './api-tokens.ts'
import { auditLogOperations } from './audit-log.ts'
import { callOperations } from './calls.ts'
import { cloudonixOperations } from './cloudonix.ts'
import { erasureOperations } from './erasures.ts'
import type { EventName, EventPayload } from './events.ts'
import { exportOperations } from './exports.ts'
import { idempotencyOperations } from './idempotency.ts'
import { inboundRuleOperations } from './inbound-rules.ts'
import { numberOperations } from './numbers.ts'
import { outboundRuleOperations } from './outbound-rules.ts'
import { providerOperations } from './providers.ts'
import { retentionOperations } from './retention.ts'
import { routingAnalysisOperations } from './routing-analysis.ts'
import { routingTestOperations } from './routing-tests.ts'
import { routingOperations } from './routing.ts'
import { savedFilterOperations } from './saved-filters.ts'
import { scheduleOperations } from './schedules.ts'
import { systemOperations } from './system.ts'
import { tenantOperations } from './tenants.ts'
import { trunkOperations } from './trunks.ts'
import { userOperations } from './users.ts'
import { voiceAgentOperations } from './voice-agents.ts'
import { webhookEventOperations } from './webhook-events.ts'
import { webhookInspectorOperations } from './webhook-inspector.ts'

export const operations = {
  ...tenantOperations,
  ...providerOperations,
  ...voiceAgentOperations,
  ...agentGroupOperations,
  ...inboundRuleOperations,
  ...outboundRuleOperations,
  ...trunkOperations,
  ...numberOperations,
  ...scheduleOperations,
  ...routingOperations,
  ...routingAnalysisOperations,
  ...routingTestOperations,
  ...callOperations,
  ...analyticsOperations,
  ...savedFilterOperations,
  ...exportOperations,
  ...erasureOperations,
  ...retentionOperations,
  ...cloudonixOperations,
  ...webhookEventOperations,
  ...webhookInspectorOperations,
  ...idempotencyOperations,
  ...userOperations,
  ...apiTokenOperations,
  ...accountOperations,
  ...auditLogOperations,
  ...systemOperations,
}

export type OperationName = keyof typeof operations
type Operations = typeof operations
export type Input<N extends OperationName> = Static<Operations[N]['input']>
export type Output<N extends OperationName> = Operations[N] extends { output: infer O extends TSchema }
  ? Static<O>
  : undefined

/** Who asks. The transport finds out; the local owner of the desktop window is one too. */
export interface Actor {
  readonly kind: 'local' | 'token' | 'session'
  readonly name: string
  readonly role: Role
  /** Absent: all tenants. */
  readonly tenantId?: string | undefined
  /** Of a session that a user has opened. */
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  /** Of an API token. */
  readonly tokenId?: string | undefined
}

export type Handlers = { readonly [N in OperationName]: (actor: Actor, input: Input<N>) => Promise<Output<N>> }

export interface ErrorDetail {
  readonly path: string
  readonly message: string
}
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: readonly ErrorDetail[] | undefined
}
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure }

/** How the live connection of a client stands. */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting'

/** What a user interface talks to, over HTTP or IPC. */
export interface ControlPlane {
  invoke<N extends OperationName>(name: N, input: Input<N>): Promise<Reply<Output<N>>>
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void
  onConnection(listener: (state: ConnectionState, sinceMs: number) => void): () => void
}
