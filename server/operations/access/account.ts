import type { Actor, Handlers } from '../../../shared/contract/index.ts'
import { DomainError } from '../../domain/errors.ts'
import type { StoredUser } from '../../ports/access.ts'
import { getRow, updateRow } from '../rows.ts'
import type { AccessDeps } from './access-deps.ts'
import { assertGoodPassword } from './new-password.ts'
import { tooManyWrong, type SignInThrottle } from './sign-in-throttle.ts'

type AccountHandlers = Pick<Handlers, Extract<keyof Handlers, `account.${string}`>>

/** What somebody who is signed in may see and change of themselves. */
export const createAccountHandlers = ({
  store,
  passwords,
  throttle,
  clock,
}: AccessDeps & { readonly throttle: SignInThrottle }): AccountHandlers => {
  const userOf = async ({ userId, name }: Actor): Promise<StoredUser> => {
    if (userId === undefined) throw new DomainError('CONFLICT', `${name} is no user, and has no password to change`)
    return getRow(store.users, 'user', undefined, userId)
  }

  /** Guessed at no faster than at the door. */
  const isRight = async ({ id, passwordHash = '' }: StoredUser, current: string): Promise<boolean> => {
    const attempt = { account: id, address: '', device: 'own' }
    const { waitMs } = throttle.enter(attempt)
    if (waitMs > 0) throw tooManyWrong(waitMs)
    const right = await passwords.isRight(passwordHash, current)
    if (right) throttle.forgive(attempt)
    return right
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
      if (needsCurrent && !(await isRight(user, current ?? '')))
        throw new DomainError('INVALID_INPUT', '/current is not your password', [
          { path: '/current', message: 'is not your password' },
        ])
      assertGoodPassword(password, user)
      const passwordHash = await passwords.hash(password)
      const repository = { update: (row: StoredUser) => store.users.updateAndSignOut(row, actor.sessionId) }
      await updateRow(repository, 'user', user.version, { ...user, passwordHash }, clock.nowMs())
      return undefined
    },
  }
}
