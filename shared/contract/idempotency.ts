import Type from 'typebox'
import { webhookKinds } from '../vocabulary.ts'
import { closed, Ms, oneOf, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

const Statistics = Type.Object({
  answers: Type.Integer({
    minimum: 0,
    description: 'Answers kept for voice requests and dial results that come again',
  }),
  oldestAtMs: Type.Optional(Ms),
  sinceMs: Type.Integer({ description: 'Since when this process counts duplicates' }),
  duplicates: Type.Array(Type.Object({ kind: oneOf(webhookKinds), count: Type.Integer({ minimum: 0 }) }), {
    description: 'Webhooks that came before and caused nothing again, by kind',
  }),
})

const path = '/api/v1/tenants/:tenantId/idempotency'

export const idempotencyOperations = {
  'idempotency.get': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'What is remembered so that the same webhook causes nothing twice, and how often that was needed',
    input: Type.Object(TenantScope, closed),
    output: Statistics,
  },
  'idempotency.reset': {
    method: 'POST',
    path: `${path}/reset`,
    access: 'admin',
    summary: 'Forget the answers kept; a voice request that comes again is then decided anew',
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ forgotten: Type.Integer({ minimum: 0 }) }),
  },
} as const satisfies Record<string, Operation>
