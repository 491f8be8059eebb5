import Type from 'typebox'
import { webhookKinds, webhookOutcomes } from '../vocabulary.ts'
import { closed, Id, listFields, Ms, oneOf, Page, RowScope, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

/** One request received from Cloudonix, kept for audit. */
export const WebhookEvent = Type.Object({
  id: Id,
  kind: oneOf(webhookKinds),
  atMs: Ms,
  token: Type.Optional(Type.String()),
  outcome: oneOf(webhookOutcomes),
  reason: Type.Optional(Type.String()),
  status: Type.Integer({ description: 'HTTP status answered' }),
  latencyMicros: Type.Integer({ minimum: 0 }),
})
export type WebhookEvent = Type.Static<typeof WebhookEvent>

export const WebhookEventDetail = Type.Object({
  ...WebhookEvent.properties,
  headers: Type.Record(Type.String(), Type.String(), { description: 'Secrets masked' }),
  payload: Type.String({ description: 'The body or query as it came, secrets masked' }),
  answer: Type.Optional(Type.String({ description: 'What was answered, secrets and signed state masked' })),
})
export type WebhookEventDetail = Type.Static<typeof WebhookEventDetail>

export const webhookEventOperations = {
  'webhookEvents.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/webhook-events',
    access: 'analyst',
    summary: 'List webhook events, newest first',
    input: Type.Object(
      {
        ...TenantScope,
        ...listFields,
        kind: Type.Optional(oneOf(webhookKinds)),
        outcome: Type.Optional(oneOf(webhookOutcomes)),
        token: Type.Optional(Type.String({ maxLength: 255 })),
        startMs: Type.Optional(Ms),
        endMs: Type.Optional(Ms),
      },
      closed,
    ),
    output: Page(WebhookEvent),
  },
  'webhookEvents.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/webhook-events/:id',
    access: 'analyst',
    summary: 'One webhook event with headers, payload and answer',
    input: Type.Object(RowScope, closed),
    output: WebhookEventDetail,
  },
} as const satisfies Record<string, Operation>
