import type { Role } from '../../shared/vocabulary.ts'

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

/** A signed-in browser. */
export interface ConsoleSession {
  /** SHA-256 of the cookie's secret. */
  readonly hash: string
  readonly csrfToken: string
  readonly name: string
  readonly role: Role
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** One-time link to sign a browser in: made by the server or the command line, taken once. */
export interface SignInCode {
  readonly hash: string
  readonly expiresAtMs: number
}

export interface AccessStore {
  tokens(): Promise<readonly ApiToken[]>
  findToken(hash: string): Promise<ApiToken | undefined>
  createToken(token: ApiToken): Promise<void>
  deleteToken(id: string): Promise<boolean>
  findSession(hash: string): Promise<ConsoleSession | undefined>
  createSession(session: ConsoleSession): Promise<void>
  deleteSession(hash: string): Promise<void>
  createSignInCode(code: SignInCode): Promise<void>
  /** True once per code, and only before it expires. */
  takeSignInCode(hash: string, nowMs: number): Promise<boolean>
}
