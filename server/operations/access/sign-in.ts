import type { Actor } from '../../../shared/contract/index.ts'
import type { StoredUser } from '../../ports/access.ts'
import type { Origin } from '../../ports/audit.ts'
import type { AccessDeps } from './access-deps.ts'
import type { OpenedSession, Sessions } from './sessions.ts'
import type { PasswordDesk } from './password-desk.ts'
import { tooManyWrong, type SignInThrottle } from './sign-in-throttle.ts'

const codeMs = 3_600_000
const invitationMs = 3 * 24 * 3_600_000

export interface PasswordAttempt {
  readonly email: string
  readonly password: string
  readonly address: string
  /** What the browser kept from the last time somebody signed in there. */
  readonly device?: string | undefined
}

interface SignInDeps extends AccessDeps {
  readonly passwords: PasswordDesk
  readonly throttle: SignInThrottle
  readonly sessions: Sessions
}

/** How a browser gets its session: by a one-time link, or by e-mail address and password. */
export const createSignIn = (deps: SignInDeps) => {
  const { store, passwords, throttle, sessions, clock, crypto, newSecret, provenance, refusals } = deps
  const from = (address: string | undefined): Origin => ({ transport: 'rest', address })
  const as = <T>(actor: Actor, address: string | undefined, work: () => Promise<T>): Promise<T> =>
    provenance ? provenance.run({ actor, origin: from(address) }, work) : work()
  const refused = (address: string | undefined): undefined => {
    refusals?.signIn(from(address))
    return undefined
  }
  const open = async (user: StoredUser | undefined, isByLink: boolean, address: string | undefined) => {
    const { opened, session } = sessions.prepare(user, isByLink)
    const proof = isByLink ? undefined : user?.passwordHash
    if (!(await as(opened.actor, address, () => store.createSession(session, proof)))) return refused(address)
    if (user) await store.users.noteSignIn(user.id, clock.nowMs())
    return opened
  }

  /** Who is not known costs as much time as who is. */
  let decoy: Promise<string> | undefined
  const decoyHash = (): Promise<string> =>
    (decoy ??= passwords.hash(newSecret(128)).catch((error: unknown) => {
      decoy = undefined
      throw error
    }))

  /** Worth nothing any more once the password is another one. */
  const markOf = (passwordHash: string, nonce: string): string =>
    `${nonce}.${crypto.sign(crypto.digest(passwordHash), `device ${nonce}`)}`
  const isKnown = (passwordHash: string, device: string): boolean =>
    crypto.sameText(device, markOf(passwordHash, device.split('.', 1)[0] ?? ''))
  const look = async (hash: string | undefined, password: string, isKnownHere: boolean): Promise<boolean> =>
    (isKnownHere ? passwords : passwords.ofStrangers).isRight(hash ?? (await decoyHash()), password)
  const mayEnter = (user: StoredUser | undefined): user is StoredUser => user?.enabled === true

  return {
    /** Undefined when the code is unknown, used or too old. */
    byCode: async (code: string, address?: string): Promise<OpenedSession | undefined> => {
      const taken = await store.takeSignInCode(crypto.digest(code), clock.nowMs())
      if (!taken) return refused(address)
      if (taken.userId === undefined) return open(undefined, true, address)
      const user = await store.users.get(undefined, taken.userId)
      return mayEnter(user) ? open(user, true, address) : refused(address)
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
      if (waitMs > 0) throw tooManyWrong(waitMs)
      const isRight = await look(user?.passwordHash, password, isDeviceKnown).catch((error: unknown) => {
        // Nobody has looked at it.
        throttle.forgive(attempt)
        throw error
      })
      if (!isRight || !mayEnter(user) || user.passwordHash === undefined) return refused(address)
      throttle.forgive(attempt)
      const opened = await open(user, false, address)
      return opened && { ...opened, device: markOf(user.passwordHash, newSecret(128)) }
    },

    close: async (sessionId: string, address?: string): Promise<void> => {
      const session = await store.sessionById(sessionId)
      if (session) await as(sessions.actorOf(session), address, () => store.deleteSession(sessionId))
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
