import Type from 'typebox'
import { numberKinds } from '../vocabulary.ts'
import { closed, Id, listFields, oneOf, orNull, Page, rowFields, RowScope, TenantScope, Version } from './fields.ts'
import type { Operation } from './operation.ts'

const kind = oneOf(numberKinds, 'did: callers reach the tenant by it; agent: the number a voice agent calls from')
const fields = {
  number: Type.String({ minLength: 1, maxLength: 64, description: 'Like +12025550100' }),
  kind,
  agentId: Type.Optional(Id),
  mayDialOut: Type.Boolean({
    description: 'Calls from this number may leave through a trunk although nothing but the number says who calls',
  }),
}

export const OwnNumber = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type OwnNumber = Type.Static<typeof OwnNumber>

export const numberOperations = {
  'numbers.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/numbers',
    access: 'analyst',
    summary: "List the tenant's own numbers",
    input: Type.Object(
      { ...TenantScope, ...listFields, kind: Type.Optional(kind), agentId: Type.Optional(Id) },
      closed,
    ),
    output: Page(OwnNumber),
  },
  'numbers.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/numbers',
    access: 'admin',
    summary: 'Say that a number is one of the tenant’s own',
    status: 201,
    input: Type.Object(
      { ...TenantScope, ...fields, kind: Type.Optional(kind), mayDialOut: Type.Optional(fields.mayDialOut) },
      closed,
    ),
    output: OwnNumber,
  },
  'numbers.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/numbers/:id',
    access: 'analyst',
    summary: 'Read a number',
    input: Type.Object(RowScope, closed),
    output: OwnNumber,
  },
  'numbers.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/numbers/:id',
    access: 'admin',
    summary: 'Change a number',
    input: Type.Object(
      { ...RowScope, version: Version, ...Type.Partial(Type.Object(fields)).properties, agentId: orNull(Id) },
      closed,
    ),
    output: OwnNumber,
  },
  'numbers.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/numbers/:id',
    access: 'admin',
    summary: 'Delete a number; refused with the list of users while it is a caller ID',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
} as const satisfies Record<string, Operation>
