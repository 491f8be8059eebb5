import type { Actor, Handlers } from '../../../shared/contract/index.ts'
import { DomainError } from '../../domain/errors.ts'
import type { AccessStore, Passwords, StoredUser } from '../../ports/access.ts'
import type { Clock } from '../../ports/system.ts'
import { getRow, updateRow } from '../rows.ts'
import { assertGoodPassword } from './new-password.ts'

type AccountHandlers = Pick<Handlers, Extract<keyof Handlers, `account.${string}`>>

/** What somebody who is signed in may see and change of themselves. */
export const createAccountHandlers = ({
  store,
  passwords,
  clock,
}: {
  readonly store: AccessStore
  readonly passwords: Passwords
  readonly clock: Clock
}): AccountHandlers => {
  const userOf = async ({ userId, name }: Actor): Promise<StoredUser> => {
    if (userId === undefined) throw new DomainError('CONFLICT', `${name} is no user, and has no password to change`)
    return getRow(store.users, 'user', undefined, userId)
  }

  return {
    async 'account.get'(actor) {
      const user = actor.userId === undefined ? undefined : await userOf(actor)
      const { kind, name, role, tenantId } = actor
      return {
        kind,
        name,
        role,
        ...(tenantId !== undefined && { tenantId }),
        ...(user && { email: user.email, hasPassword: user.passwordHash !== undefined }),
      }
    },
    async 'account.changePassword'(actor, { current, password }) {
      const user = await userOf(actor)
      const session = actor.sessionId === undefined ? undefined : await store.sessionById(actor.sessionId)
      // Whoever came by a link may have forgotten the old one.
      const needsCurrent = user.passwordHash !== undefined && session?.isByLink !== true
      if (needsCurrent && !(await passwords.isRight(user.passwordHash ?? '', current ?? '')))
        throw new DomainError('INVALID_INPUT', '/current is not your password', [
          { path: '/current', message: 'is not your password' },
        ])
      assertGoodPassword(password, user)
      const passwordHash = await passwords.hash(password)
      await updateRow(store.users, 'user', user.version, { ...user, passwordHash }, clock.nowMs())
      await store.deleteSessionsOf(user.id, actor.sessionId)
      return undefined
    },
  }
}
