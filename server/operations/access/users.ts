import type { Actor, Handlers } from '../../../shared/contract/index.ts'
import type { User } from '../../../shared/contract/users.ts'
import { DomainError } from '../../domain/errors.ts'
import type { StoredUser } from '../../ports/access.ts'
import { getRow, given, updateRow } from '../rows.ts'
import type { AccessDeps } from './access-deps.ts'
import { assertBinding } from './binding.ts'
import { assertGoodPassword } from './new-password.ts'
import type { SignIn } from './sign-in.ts'

const noun = 'user'

const shown = ({ passwordHash, ...user }: StoredUser): User => ({ ...user, hasPassword: passwordHash !== undefined })

/** Whoever takes away their own way in would need somebody else, or the command line, to get it back. */
const assertNotOwn = (actor: Actor, id: string, what: string): void => {
  if (actor.userId === id) throw new DomainError('CONFLICT', `You cannot ${what} yourself; ask another owner`)
}

type UserHandlers = Pick<Handlers, Extract<keyof Handlers, `users.${string}`>>

export const createUserHandlers = ({
  store,
  passwords,
  signIn,
  clock,
  newId,
  isKnownTenant,
}: AccessDeps & { readonly signIn: Pick<SignIn, 'createCode'> }): UserHandlers => {
  const { users } = store
  const get = (id: string): Promise<StoredUser> => getRow(users, noun, undefined, id)
  const hashOf = async (password: string, user: { email: string; name: string }): Promise<string> => {
    assertGoodPassword(password, user)
    return passwords.hash(password)
  }

  return {
    async 'users.list'(_actor, { limit = 50, cursor, search }) {
      const page = await users.list(undefined, { limit, cursor, search })
      return { ...page, items: page.items.map(shown) }
    },
    async 'users.create'(_actor, { password, ...fields }) {
      await assertBinding(fields, isKnownTenant)
      const nowMs = clock.nowMs()
      const user: StoredUser = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        enabled: true,
        ...fields,
        ...(password !== undefined && { passwordHash: await hashOf(password, fields) }),
      }
      await users.create(user)
      return shown(user)
    },
    'users.get': async (_actor, { id }) => shown(await get(id)),
    async 'users.update'(actor, { id, version, password, ...change }) {
      const before = await get(id)
      const next = { ...before, ...given(change) }
      if (!next.enabled) assertNotOwn(actor, id, 'disable')
      if (next.role !== before.role || next.tenantId !== before.tenantId) {
        assertNotOwn(actor, id, 'change the role of')
        await assertBinding(next, isKnownTenant)
      }
      const hashed = password === undefined ? {} : { passwordHash: await hashOf(password, next) }
      // A role or a tenant is looked up with each request; who is disabled or has lost a password is out.
      const isOut = password !== undefined || !next.enabled
      const repository = isOut ? { update: (row: StoredUser) => users.updateAndSignOut(row) } : users
      return shown(await updateRow(repository, noun, version, { ...next, ...hashed }, clock.nowMs()))
    },
    async 'users.delete'(actor, { id }) {
      assertNotOwn(actor, id, 'delete')
      await get(id)
      await users.delete(undefined, id)
      return undefined
    },
    async 'users.createSignInLink'(_actor, { id }) {
      const user = await get(id)
      if (!user.enabled)
        throw new DomainError('CONFLICT', `${user.name} is disabled; enable the user first, then make the link`)
      const { code, expiresAtMs } = await signIn.createCode(id)
      return { code, path: `/#/sign-in?code=${code}`, expiresAtMs }
    },
    async 'users.signOut'(_actor, { id }) {
      await get(id)
      await store.deleteSessionsOf(id)
      return undefined
    },
  }
}
