import Type from 'typebox'
import { credentialNeeds, dialKinds, valueKinds } from '../vocabulary.ts'
import { closed, Id, listFields, Name, oneOf, Page, rowFields, Version } from './fields.ts'
import type { Operation } from './operation.ts'

const fields = {
  displayName: Name,
  dialAs: oneOf(dialKinds, 'service: <Service provider>; sip: <Sip>; stream: <Connect><Stream>'),
  valueKind: oneOf(valueKinds, 'What an agent of this provider is dialled by'),
  credentials: oneOf(credentialNeeds),
  enabled: Type.Boolean(),
  help: Type.String({ maxLength: 2000 }),
}
const key = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[a-z0-9][a-z0-9._-]*$',
  description: 'The name Cloudonix knows the provider by; lower case',
})

/** An entry of the provider catalogue; site-wide. */
export const Provider = Type.Object({ ...rowFields, key, ...fields })
export type Provider = Type.Static<typeof Provider>

export const providerOperations = {
  'providers.list': {
    method: 'GET',
    path: '/api/v1/providers',
    access: 'analyst',
    summary: 'List the provider catalogue',
    input: Type.Object({ ...listFields, enabled: Type.Optional(Type.Boolean()) }, closed),
    output: Page(Provider),
  },
  'providers.create': {
    method: 'POST',
    path: '/api/v1/providers',
    access: 'owner',
    summary: 'Add a provider',
    status: 201,
    input: Type.Object({ key, ...Type.Partial(Type.Object(fields)).properties }, closed),
    output: Provider,
  },
  'providers.update': {
    method: 'PATCH',
    path: '/api/v1/providers/:id',
    access: 'owner',
    summary: 'Change a provider',
    input: Type.Object(
      { id: Id, version: Version, key: Type.Optional(key), ...Type.Partial(Type.Object(fields)).properties },
      closed,
    ),
    output: Provider,
  },
} as const satisfies Record<string, Operation>
