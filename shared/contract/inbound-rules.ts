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
  ScheduleId,
  Target,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'

const priority = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Lower goes first' })
const fields = {
  name: Name,
  pattern: Pattern,
  callerPattern: Type.Optional(Pattern),
  label: Type.Optional(Type.String({ maxLength: 120 })),
  scheduleId: Type.Optional(ScheduleId),
  target: Target,
  priority,
  enabled: Type.Boolean(),
}

export const InboundRule = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type InboundRule = Type.Static<typeof InboundRule>

export const inboundRuleOperations = {
  'inboundRules.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/inbound-rules',
    access: 'analyst',
    summary: 'List inbound rules by priority',
    input: Type.Object({ ...TenantScope, ...listFields, enabled: Type.Optional(Type.Boolean()) }, closed),
    output: Page(InboundRule),
  },
  'inboundRules.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/inbound-rules',
    access: 'admin',
    summary: 'Create an inbound rule',
    status: 201,
    input: Type.Object(
      {
        ...TenantScope,
        ...Type.Partial(Type.Object(fields)).properties,
        name: Type.Optional(Name),
        pattern: Pattern,
        target: Target,
      },
      closed,
    ),
    output: InboundRule,
  },
  'inboundRules.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/inbound-rules/:id',
    access: 'analyst',
    summary: 'Read an inbound rule',
    input: Type.Object(RowScope, closed),
    output: InboundRule,
  },
  'inboundRules.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/inbound-rules/:id',
    access: 'admin',
    summary: 'Change an inbound rule',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        callerPattern: orNull(Pattern),
        label: orNull(Type.String({ maxLength: 120 })),
        scheduleId: orNull(ScheduleId),
      },
      closed,
    ),
    output: InboundRule,
  },
  'inboundRules.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/inbound-rules/:id',
    access: 'admin',
    summary: 'Delete an inbound rule',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'inboundRules.reorder': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/inbound-rules/reorder',
    access: 'admin',
    summary: 'Give the named rules the priorities 10, 20, 30 … in this order',
    input: Type.Object(
      { ...TenantScope, ids: Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true }) },
      closed,
    ),
    output: Type.Object({ changed: Type.Integer({ minimum: 0 }) }),
  },
  'inboundRules.bulk': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/inbound-rules/bulk',
    access: 'admin',
    summary: 'Enable, disable or delete up to 100 inbound rules',
    input: Type.Object(
      {
        ...TenantScope,
        action: oneOf(['enable', 'disable', 'delete']),
        ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
      },
      closed,
    ),
    output: Type.Object({ changed: Type.Integer({ minimum: 0 }) }),
  },
} as const satisfies Record<string, Operation>
