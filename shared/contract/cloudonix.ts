import Type from 'typebox'
import { closed, Page, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

/** A trunk as Cloudonix has it, without its credentials. */
export const CloudonixTrunk = Type.Object({
  id: Type.String({ description: "Cloudonix's own identifier" }),
  name: Type.String(),
  uuid: Type.Optional(Type.String()),
  direction: Type.String({ description: 'inbound, outbound, public-inbound, public-outbound, or a newer word' }),
  address: Type.Optional(Type.String()),
  port: Type.Optional(Type.Integer()),
  transport: Type.Optional(Type.String()),
  prefix: Type.Optional(Type.String()),
  isActive: Type.Boolean(),
  isDeleted: Type.Boolean(),
  isOutboundChoice: Type.Boolean({ description: 'Calls may go out through it: active, not deleted, outbound' }),
})
export type CloudonixTrunk = Type.Static<typeof CloudonixTrunk>

const CloudonixTest = Type.Object({
  ok: Type.Literal(true),
  domain: Type.String({ description: 'Its name at Cloudonix' }),
  domainUuid: Type.Optional(Type.String()),
  isDomainActive: Type.Boolean(),
  trunks: Type.Integer({ minimum: 0 }),
  outboundTrunks: Type.Integer({ minimum: 0, description: 'Those that calls may go out through' }),
  sessions: Type.Integer({ minimum: 0, description: 'Going on and past, as far as Cloudonix tells them' }),
})

export const cloudonixOperations = {
  'cloudonix.test': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/cloudonix/test',
    access: 'admin',
    summary: 'Ask Cloudonix about the domain with the key of the tenant; an error says what stands in the way',
    input: Type.Object({ ...TenantScope }, closed),
    output: CloudonixTest,
  },
  'cloudonix.trunks': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/cloudonix/trunks',
    access: 'admin',
    summary: 'The trunks of the domain as Cloudonix has them now',
    input: Type.Object({ ...TenantScope }, closed),
    output: Page(CloudonixTrunk),
  },
} as const satisfies Record<string, Operation>
