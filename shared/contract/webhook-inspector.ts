import Type from 'typebox'
import { callStates, webhookKinds, webhookOutcomes } from '../vocabulary.ts'
import { Transition } from './calls.ts'
import { closed, Id, Ms, oneOf, RowScope, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'
import { DecisionOutcome, Explanation } from './routing.ts'

/** What can be asked about webhook events besides what they hold. */

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])

const WebhookDifference = Type.Object({
  path: Type.String({ description: 'A JSON pointer: /headers/host, /payload/SessionData/status, /answer/3' }),
  before: Type.Optional(Scalar),
  after: Type.Optional(Scalar),
})
export type WebhookDifference = Type.Static<typeof WebhookDifference>

const WebhookReplay = Type.Object({
  mode: oneOf(['dry']),
  read: Type.Record(Type.String(), Type.Unknown(), { description: 'How it is understood today' }),
  found: Type.Optional(
    Type.Object(
      { state: oneOf(callStates), attempts: Type.Integer({ minimum: 0 }) },
      { description: 'The call as it was when the event came; missing when there was none' },
    ),
  ),
  outcome: oneOf(webhookOutcomes, 'What would come of it now'),
  reason: Type.Optional(Type.String()),
  decision: Type.Optional(DecisionOutcome),
  explanation: Type.Optional(Explanation),
  transitions: Type.Array(Transition, { description: 'What it would do to the call' }),
  answer: Type.Optional(Type.String({ description: 'What would be answered now, masked' })),
  then: Type.Object({
    outcome: oneOf(webhookOutcomes),
    reason: Type.Optional(Type.String()),
    status: Type.Integer(),
    answer: Type.Optional(Type.String()),
  }),
  differences: Type.Array(WebhookDifference, { description: 'Of the answer: before is then, after is now' }),
  notes: Type.Array(Type.String()),
})
export type WebhookReplay = Type.Static<typeof WebhookReplay>

const DialectFinding = Type.Object({
  kind: oneOf(webhookKinds),
  field: Type.String({ description: 'SessionData.colour; (other) for what is too much or not to be shown' }),
  value: Type.String({ description: 'What the field says; empty where nobody knows the field' }),
  count: Type.Integer({ minimum: 1 }),
  firstSeenMs: Ms,
  lastSeenMs: Ms,
  webhookEventId: Type.String({ description: 'The newest event that had it' }),
})

export const webhookInspectorOperations = {
  'webhookEvents.diff': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/webhook-events/:id/diff',
    access: 'analyst',
    summary: 'What differs between two webhook events, field by field',
    input: Type.Object({ ...RowScope, with: Id }, closed),
    output: Type.Object({
      items: Type.Array(WebhookDifference, { description: 'The first 1000' }),
      total: Type.Integer({ minimum: 0 }),
    }),
  },
  'webhookEvents.replay': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/webhook-events/:id/replay',
    access: 'analyst',
    summary: 'What would come of a webhook event today; nothing is changed',
    input: Type.Object(
      { ...RowScope, mode: oneOf(['dry'], 'Nothing is changed, and Cloudonix hears of nothing') },
      closed,
    ),
    output: WebhookReplay,
  },
  'webhookEvents.dialect': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/webhook-events/dialect',
    access: 'analyst',
    summary: 'Fields and values of webhooks that nobody documented, newest first',
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ items: Type.Array(DialectFinding) }),
  },
  'webhookEvents.resetDialect': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/webhook-events/dialect',
    access: 'admin',
    summary: 'Forget the fields and values counted so far',
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ forgotten: Type.Integer({ minimum: 0 }) }),
  },
} as const satisfies Record<string, Operation>
