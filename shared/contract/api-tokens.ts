import Type from 'typebox'
import { roles } from '../vocabulary.ts'
import { closed, Id, Ms, Name, oneOf } from './fields.ts'
import type { Operation } from './operation.ts'

/** Tokens of automation, sent as `Authorization: Bearer`. */

const given = {
  name: Name,
  role: oneOf(roles),
  tenantId: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'The one tenant it holds for; all without' }),
  ),
  expiresAtMs: Type.Optional(Ms),
}

export const ApiToken = Type.Object({
  id: Id,
  ...given,
  createdAtMs: Ms,
  lastUsedAtMs: Type.Optional(Type.Integer({ minimum: 0, description: 'To the minute' })),
})
export type ApiToken = Type.Static<typeof ApiToken>

const path = '/api/v1/api-tokens'

export const apiTokenOperations = {
  'apiTokens.list': {
    method: 'GET',
    path,
    access: 'owner',
    summary: 'List API tokens, oldest first, without what lets them in',
    input: Type.Object({}, closed),
    output: Type.Object({ items: Type.Array(ApiToken) }),
  },
  'apiTokens.create': {
    method: 'POST',
    path,
    access: 'owner',
    summary: 'Make an API token; it is told here and never again',
    status: 201,
    input: Type.Object(given, closed),
    output: Type.Object({ ...ApiToken.properties, token: Type.String() }),
  },
  'apiTokens.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'owner',
    summary: 'Make an API token worthless',
    input: Type.Object({ id: Id }, closed),
  },
} as const satisfies Record<string, Operation>
