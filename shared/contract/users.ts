import Type from 'typebox'
import { roles } from '../vocabulary.ts'
import { closed, Id, listFields, Ms, Name, oneOf, orNull, Page, rowFields, Version } from './fields.ts'
import type { Operation } from './operation.ts'

/** People who may sign in to the console. Roles: `owner` of the site; `admin` and `analyst` of one tenant, or of all. */

export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[!-?A-~]+@[!-?A-~]+$',
  description: 'E-mail address',
})
export const Password = Type.String({
  minLength: 12,
  maxLength: 256,
  description: 'At least 12 characters; never told again',
})
const UserRole = oneOf(roles)
const TenantOfUser = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'The one tenant it holds for; all without',
})

const given = { email: Email, name: Name, role: UserRole }

export const User = Type.Object({
  ...rowFields,
  ...given,
  tenantId: Type.Optional(TenantOfUser),
  enabled: Type.Boolean(),
  hasPassword: Type.Boolean({ description: 'Without one, only a sign-in link lets the user in' }),
  lastSignInAtMs: Type.Optional(Ms),
})
export type User = Type.Static<typeof User>

const path = '/api/v1/users'
const OneUser = { id: Id }

export const userOperations = {
  'users.list': {
    method: 'GET',
    path,
    access: 'owner',
    summary: 'List users by name',
    input: Type.Object(listFields, closed),
    output: Page(User),
  },
  'users.create': {
    method: 'POST',
    path,
    access: 'owner',
    summary: 'Add a user; without a password, make a sign-in link next',
    status: 201,
    input: Type.Object(
      {
        ...given,
        tenantId: Type.Optional(TenantOfUser),
        enabled: Type.Optional(Type.Boolean()),
        password: Type.Optional(Password),
      },
      closed,
    ),
    output: User,
  },
  'users.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'owner',
    summary: 'Read a user',
    input: Type.Object(OneUser, closed),
    output: User,
  },
  'users.update': {
    method: 'PATCH',
    path: `${path}/:id`,
    access: 'owner',
    summary: 'Change a user; a new password, or disabling, signs the user out everywhere',
    input: Type.Object(
      {
        ...OneUser,
        version: Version,
        ...Type.Partial(Type.Object(given)).properties,
        tenantId: orNull(TenantOfUser),
        enabled: Type.Optional(Type.Boolean()),
        password: Type.Optional(Password),
      },
      closed,
    ),
    output: User,
  },
  'users.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'owner',
    summary: 'Delete a user and sign it out everywhere',
    input: Type.Object(OneUser, closed),
  },
  'users.createSignInLink': {
    method: 'POST',
    path: `${path}/:id/sign-in-link`,
    access: 'owner',
    summary: 'Make a link that signs the user in once, within three days, to choose a password',
    status: 201,
    input: Type.Object(OneUser, closed),
    output: Type.Object({
      code: Type.String(),
      path: Type.String({ description: 'To be opened below the address of the console' }),
      expiresAtMs: Ms,
    }),
  },
  'users.signOut': {
    method: 'POST',
    path: `${path}/:id/sign-out`,
    access: 'owner',
    summary: 'End all sessions of a user',
    input: Type.Object(OneUser, closed),
  },
} as const satisfies Record<string, Operation>
