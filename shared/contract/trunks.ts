import Type from 'typebox'
import { trunkPlatformStates } from '../vocabulary.ts'
import {
  closed,
  Id,
  listFields,
  Name,
  oneOf,
  orNull,
  Page,
  rowFields,
  RowScope,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'

const fields = {
  name: Type.String({
    minLength: 1,
    maxLength: 120,
    description: 'As at Cloudonix, which documents name it by: letters, digits and hyphens',
  }),
  cloudonixId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Cloudonix's own identifier" })),
  direction: Type.String({
    minLength: 1,
    maxLength: 40,
    description: 'outbound and public-outbound take calls out; inbound, public-inbound and other words do not',
  }),
  priority: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Lower goes first; equal ones in the order of whoever names them',
  }),
  capacity: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100_000, description: 'Calls at once; no limit unless set' }),
  ),
  enabled: Type.Boolean(),
  isDefault: Type.Boolean({
    description: 'Takes the calls of outbound rules and number targets that name no trunk; one at most',
  }),
}

export const Trunk = Type.Object({
  ...rowFields,
  tenantId: Id,
  ...fields,
  platformState: Type.Optional(
    oneOf(trunkPlatformStates, 'As the last sync found it; only a present one is offered. Absent: never synchronised'),
  ),
})
export type Trunk = Type.Static<typeof Trunk>

const Told = Type.Object({ id: Id, name: Name })

export const trunkOperations = {
  'trunks.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/trunks',
    access: 'analyst',
    summary: 'List trunks by priority',
    input: Type.Object({ ...TenantScope, ...listFields, enabled: Type.Optional(Type.Boolean()) }, closed),
    output: Page(Trunk),
  },
  'trunks.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/trunks',
    access: 'admin',
    summary: 'Create a trunk; sync does so for those that Cloudonix has',
    status: 201,
    input: Type.Object({ ...TenantScope, ...Type.Partial(Type.Object(fields)).properties, name: fields.name }, closed),
    output: Trunk,
  },
  'trunks.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/trunks/:id',
    access: 'analyst',
    summary: 'Read a trunk',
    input: Type.Object(RowScope, closed),
    output: Trunk,
  },
  'trunks.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/trunks/:id',
    access: 'admin',
    summary: 'Change a trunk',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        cloudonixId: orNull(Type.String({ minLength: 1, maxLength: 64 })),
        capacity: orNull(Type.Integer({ minimum: 1, maximum: 100_000 })),
      },
      closed,
    ),
    output: Trunk,
  },
  'trunks.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/trunks/:id',
    access: 'admin',
    summary: 'Delete a trunk; refused with the list of users while it is in use. Forced, its users pass it over',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'trunks.sync': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/trunks/sync',
    access: 'admin',
    summary:
      'Bring the trunks up to date with Cloudonix, all at once. Those that are gone there stay, but are not offered, and leave their name to one that has it now (main becomes main-gone)',
    input: Type.Object({ ...TenantScope }, closed),
    output: Type.Object({
      added: Type.Array(Told),
      changed: Type.Array(
        Type.Object({
          ...Told.properties,
          changes: Type.Array(Type.String({ description: 'direction inbound → outbound' })),
        }),
      ),
      vanished: Type.Array(Told),
      unchanged: Type.Integer({ minimum: 0 }),
      skipped: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() })),
    }),
  },
} as const satisfies Record<string, Operation>
