import Type from 'typebox'
import {
  closed,
  Id,
  listFields,
  Name,
  oneOf,
  orNull,
  Page,
  Pattern,
  rowFields,
  RowScope,
  Target,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'

const callerId = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^\\+?[A-Za-z0-9]+$',
  description: 'What the callee sees; the number of the caller unless set',
})
const fields = {
  name: Name,
  callerPattern: Type.Optional(Pattern),
  destinationPattern: Pattern,
  trunkIds: Type.Array(Id, {
    maxItems: 20,
    uniqueItems: true,
    description: 'Trunks in order; without any and without a target the default trunk',
  }),
  target: Type.Optional(Target),
  stripDigits: Type.Integer({ minimum: 0, maximum: 30, description: 'Digits taken off the beginning of the number' }),
  prepend: Type.String({
    maxLength: 30,
    pattern: '^\\+?[0-9*#]*$',
    description: 'Put before the number once digits are stripped; a + of the number itself goes',
  }),
  callerId: Type.Optional(callerId),
  priority: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Lower goes first' }),
  enabled: Type.Boolean(),
}

export const OutboundRule = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type OutboundRule = Type.Static<typeof OutboundRule>

const path = '/api/v1/tenants/:tenantId/outbound-rules'
const changed = Type.Object({ changed: Type.Integer({ minimum: 0 }) })

export const outboundRuleOperations = {
  'outboundRules.list': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'List outbound rules by priority',
    input: Type.Object({ ...TenantScope, ...listFields, enabled: Type.Optional(Type.Boolean()) }, closed),
    output: Page(OutboundRule),
  },
  'outboundRules.create': {
    method: 'POST',
    path,
    access: 'admin',
    summary: 'Create an outbound rule: to trunks, or to an agent or a group',
    status: 201,
    input: Type.Object(
      { ...TenantScope, ...Type.Partial(Type.Object(fields)).properties, destinationPattern: Pattern },
      closed,
    ),
    output: OutboundRule,
  },
  'outboundRules.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Read an outbound rule',
    input: Type.Object(RowScope, closed),
    output: OutboundRule,
  },
  'outboundRules.update': {
    method: 'PATCH',
    path: `${path}/:id`,
    access: 'admin',
    summary: 'Change an outbound rule',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        callerPattern: orNull(Pattern),
        target: orNull(Target),
        callerId: orNull(callerId),
      },
      closed,
    ),
    output: OutboundRule,
  },
  'outboundRules.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'admin',
    summary: 'Delete an outbound rule',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'outboundRules.reorder': {
    method: 'POST',
    path: `${path}/reorder`,
    access: 'admin',
    summary: 'Give the named rules the priorities 10, 20, 30 … in this order',
    input: Type.Object(
      { ...TenantScope, ids: Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true }) },
      closed,
    ),
    output: changed,
  },
  'outboundRules.bulk': {
    method: 'POST',
    path: `${path}/bulk`,
    access: 'admin',
    summary: 'Enable, disable or delete up to 100 outbound rules',
    input: Type.Object(
      {
        ...TenantScope,
        action: oneOf(['enable', 'disable', 'delete']),
        ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
      },
      closed,
    ),
    output: changed,
  },
} as const satisfies Record<string, Operation>
