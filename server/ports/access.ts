import type { Role } from '../../shared/vocabulary.ts'
import type { ConfigRepository } from './configuration.ts'

export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly tenantId?: string | undefined
  /** SHA-256 of the token, base64url. Tokens have ≥ 128 random bits, so a fast hash is enough. */
  readonly hash: string
  readonly createdAtMs: number
  readonly expiresAtMs?: number | undefined
  readonly lastUsedAtMs?: number | undefined
}

/** Somebody who may sign in. */
export interface StoredUser {
  readonly id: string
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Unique, whatever the case of its letters. */
  readonly email: string
  readonly name: string
  readonly role: Role
  /** Absent: all tenants. */
  readonly tenantId?: string | undefined
  readonly enabled: boolean
  /** Argon2id in PHC form; absent until the user has chosen a password. */
  readonly passwordHash?: string | undefined
  readonly lastSignInAtMs?: number | undefined
}

export interface UserStore extends ConfigRepository<StoredUser> {
  byEmail(email: string): Promise<StoredUser | undefined>
  noteSignIn(id: string, atMs: number): Promise<void>
  /** As `update`; and in the same transaction signs the user out everywhere, but for one session, and makes links worthless. */
  updateAndSignOut(user: StoredUser, exceptSessionId?: string): Promise<boolean>
}

/** A signed-in browser. Its secret changes while it lasts; the one before is taken a little longer, for requests under way. */
export interface ConsoleSession {
  readonly id: string
  /** SHA-256 of the cookie's secret. */
  readonly hash: string
  /** Absent: the owner of the site, who came by a link that the server or the command line made. */
  readonly userId?: string | undefined
  readonly name: string
  readonly role: Role
  readonly tenantId?: string | undefined
  /** Opened by a one-time link: a new password needs no old one. */
  readonly isByLink: boolean
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly lastSeenAtMs: number
  /** When the secret was made. */
  readonly renewedAtMs: number
}

/** Hashes of secrets. */
export interface SessionRenewal {
  readonly from: string
  readonly to: string
  /** Taken a little longer: the one that the browser has come with. */
  readonly before: string
  readonly atMs: number
  readonly beforeUntilMs: number
}

/** One-time link to sign a browser in: made by the server or the command line, taken once. */
export interface SignInCode {
  readonly hash: string
  readonly expiresAtMs: number
  /** Absent: the owner of the site. */
  readonly userId?: string | undefined
}

export interface AccessStore {
  readonly users: UserStore
  tokens(): Promise<readonly ApiToken[]>
  findToken(hash: string): Promise<ApiToken | undefined>
  createToken(token: ApiToken): Promise<void>
  deleteToken(id: string): Promise<boolean>
  noteTokenUse(id: string, atMs: number): Promise<void>
  /** By the hash of its secret, or of the one before while that is taken. Name, role and tenant are the user's of now; none of a user who is disabled. */
  findSession(hash: string, nowMs: number): Promise<ConsoleSession | undefined>
  sessionById(id: string): Promise<ConsoleSession | undefined>
  /**
   * False, and nothing is stored, when the user is not enabled any more, or the password is not the one that was looked at
   * (`passwordHash`; none of a link).
   */
  createSession(session: ConsoleSession, passwordHash?: string): Promise<boolean>
  noteSeen(id: string, atMs: number): Promise<void>
  /** False when the secret is not that one any more: somebody else was first. */
  renewSession(id: string, change: SessionRenewal): Promise<boolean>
  deleteSession(id: string): Promise<void>
  /** Signs a user out everywhere, and makes links worthless. */
  deleteSessionsOf(userId: string): Promise<void>
  createSignInCode(code: SignInCode): Promise<void>
  /** Once per code, and only before it expires. */
  takeSignInCode(hash: string, nowMs: number): Promise<SignInCode | undefined>
}

/** Argon2id. Slow on purpose, and never in the thread that answers calls. */
export interface Passwords {
  hash(password: string): Promise<string>
  isRight(hash: string, password: string): Promise<boolean>
}
