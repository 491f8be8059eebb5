import { DomainError } from '../../domain/errors.ts'
import type { AccessStore, Passwords, StoredUser } from '../../ports/access.ts'
import type { Clock, Crypto, NewSecret } from '../../ports/system.ts'
import type { OpenedSession, Sessions } from './sessions.ts'
import { createSignInThrottle } from './sign-in-throttle.ts'

const codeMs = 3_600_000
const invitationMs = 3 * 24 * 3_600_000
/** Passwords that are looked at together: each takes memory and a processor for a while, which calls need more. */
const together = 2
const waiting = 20

export interface PasswordAttempt {
  readonly email: string
  readonly password: string
  readonly address: string
  /** What the browser kept from the last time somebody signed in there. */
  readonly device?: string | undefined
}

export interface SignInDeps {
  readonly store: AccessStore
  readonly passwords: Passwords
  readonly sessions: Sessions
  readonly clock: Clock
  readonly crypto: Crypto
  readonly newSecret: NewSecret
}

/** A few at once, and some that wait; whoever comes beyond is asked to come back. */
const createQueue = () => {
  let running = 0
  const queue: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= together) {
      if (queue.length >= waiting)
        throw new DomainError('TOO_MANY_REQUESTS', 'Too many people sign in just now; try again in a few seconds')
      await new Promise<void>((go) => queue.push(go))
    }
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      queue.shift()?.()
    }
  }
}

const soon = (waitMs: number): string =>
  waitMs < 120_000 ? `${Math.ceil(waitMs / 1000)} seconds` : `${Math.ceil(waitMs / 60_000)} minutes`

/** How a browser gets its session: by a one-time link, or by e-mail address and password. */
export const createSignIn = ({ store, passwords, sessions, clock, crypto, newSecret }: SignInDeps) => {
  const throttle = createSignInThrottle(clock.nowMs)
  const inTurn = createQueue()
  /** Who is not known costs as much time as who is. */
  let decoy: Promise<string> | undefined
  const decoyHash = (): Promise<string> => (decoy ??= passwords.hash(newSecret(128)))

  /** Worth nothing any more once the password is another one. */
  const markOf = (passwordHash: string, nonce: string): string =>
    `${nonce}.${crypto.sign(crypto.digest(passwordHash), `device ${nonce}`)}`
  const isKnown = (passwordHash: string, device: string): boolean =>
    crypto.sameText(device, markOf(passwordHash, device.split('.', 1)[0] ?? ''))
  const mayEnter = (user: StoredUser | undefined): user is StoredUser => user?.enabled === true

  return {
    /** Undefined when the code is unknown, used or too old. */
    byCode: async (code: string): Promise<OpenedSession | undefined> => {
      const taken = await store.takeSignInCode(crypto.digest(code), clock.nowMs())
      if (!taken) return undefined
      if (taken.userId === undefined) return sessions.open(undefined, true)
      const user = await store.users.get(undefined, taken.userId)
      if (!mayEnter(user)) return undefined
      await store.users.noteSignIn(user.id, clock.nowMs())
      return sessions.open(user, true)
    },

    /** Undefined when it is wrong, whatever of it. Throws TOO_MANY_REQUESTS. `device`: to be kept by the browser. */
    byPassword: async ({
      email,
      password,
      address,
      device,
    }: PasswordAttempt): Promise<(OpenedSession & { readonly device: string }) | undefined> => {
      const account = email.trim().toLowerCase()
      const user = await store.users.byEmail(account)
      const isDeviceKnown =
        user?.passwordHash !== undefined && device !== undefined && isKnown(user.passwordHash, device)
      const attempt = { account, address, device: isDeviceKnown ? device : undefined }
      const { waitMs } = throttle.enter(attempt)
      if (waitMs > 0)
        throw new DomainError(
          'TOO_MANY_REQUESTS',
          `Too many wrong passwords; try again in ${soon(waitMs)}, or use a sign-in link`,
        )
      const hash = user?.passwordHash ?? (await decoyHash())
      const isRight = await inTurn(() => passwords.isRight(hash, password))
      if (!isRight || !mayEnter(user) || user.passwordHash === undefined) return undefined
      throttle.forgive(attempt)
      await store.users.noteSignIn(user.id, clock.nowMs())
      return { ...(await sessions.open(user, false)), device: markOf(user.passwordHash, newSecret(128)) }
    },

    /** A one-time code for a link: of the site's owner, or of a user, who may then choose a password. */
    createCode: async (userId?: string): Promise<{ readonly code: string; readonly expiresAtMs: number }> => {
      const code = newSecret(192)
      const expiresAtMs = clock.nowMs() + (userId === undefined ? codeMs : invitationMs)
      await store.createSignInCode({ hash: crypto.digest(code), expiresAtMs, ...(userId !== undefined && { userId }) })
      return { code, expiresAtMs }
    },
  }
}

export type SignIn = ReturnType<typeof createSignIn>
