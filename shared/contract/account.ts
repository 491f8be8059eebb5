import Type from 'typebox'
import { roles } from '../vocabulary.ts'
import { closed, Id, Name, oneOf } from './fields.ts'
import type { Operation } from './operation.ts'
import { Email, Password } from './users.ts'

/** Who asks, as seen by themselves. */

const path = '/api/v1/account'

export const accountOperations = {
  'account.get': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'Read who you are and what you may do',
    input: Type.Object({}, closed),
    output: Type.Object({
      kind: oneOf(['local', 'token', 'session'] as const),
      name: Name,
      role: oneOf(roles),
      tenantId: Type.Optional(Id),
      email: Type.Optional(Email),
      hasPassword: Type.Optional(Type.Boolean()),
    }),
    isOwn: true,
  },
  'account.changePassword': {
    method: 'POST',
    path: `${path}/password`,
    access: 'analyst',
    summary: 'Choose a new password; your other sessions end',
    input: Type.Object(
      {
        current: Type.Optional(
          Type.String({ maxLength: 256, description: 'Not needed in a session that a sign-in link has opened' }),
        ),
        password: Password,
      },
      closed,
    ),
    isOwn: true,
  },
} as const satisfies Record<string, Operation>
