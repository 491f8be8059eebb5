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

const WebhookEventPage = Type.Object({
  ...Page(WebhookEvent).properties,
  isPartial: Type.Optional(
    Type.Boolean({
      description: 'Not all could be looked through in time; the cursor goes on where the search stopped',
    }),
  ),
  searchedBackToMs: Type.Optional({
    ...Ms,
    description: 'Of a partial page: what came before has not been looked at yet',
  }),
})

export const webhookEventOperations = {
  'webhookEvents.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/webhook-events',
    access: 'analyst',
    summary: 'List webhook events, newest first',
    input: Type.Object(
      {
        ...TenantScope,
        limit: listFields.limit,
        cursor: listFields.cursor,
        kind: Type.Optional(oneOf(webhookKinds)),
        outcome: Type.Optional(oneOf(webhookOutcomes)),
        status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, description: 'HTTP status answered' })),
        token: Type.Optional(Type.String({ maxLength: 255 })),
        number: Type.Optional(
          Type.String({ maxLength: 255, description: 'Caller or callee of its call, as the call record has them' }),
        ),
        numberContains: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Part of either' })),
        search: Type.Optional(
          Type.String({
            maxLength: 200,
            description: 'Part of token, reason, headers, payload or answer, letter by letter as it is written there',
          }),
        ),
        startMs: Type.Optional(Ms),
        endMs: Type.Optional(Ms),
      },
      closed,
    ),
    output: WebhookEventPage,
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
