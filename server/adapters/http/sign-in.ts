import type { Actor } from '../../../shared/contract/index.ts'

/** What a request carries to say who sends it: the first of these that is there counts. */
export interface Credentials {
  readonly bearer?: string
  /** Never from outside: of a session that was let in, whose cookie may have changed since. */
  readonly sessionId?: string
  readonly sessionCookie?: string
  /** The answer carries no cookie, so the secret stays as it is. */
  readonly keepsCookie?: boolean
}

export interface Admitted {
  readonly actor: Actor
  /** Of a session, which a browser sends along unasked. */
  readonly csrfToken?: string | undefined
  /** A new cookie in place of the one that was sent. */
  readonly renewed?: { readonly cookie: string; readonly maxAgeSeconds: number } | undefined
}

/** Undefined: nobody we know. */
export type Authenticate = (credentials: Credentials) => Promise<Admitted | undefined>

export interface OpenedSession {
  /** The cookie's value. */
  readonly cookie: string
  readonly csrfToken: string
  readonly actor: Actor
  readonly maxAgeSeconds: number
}

export interface SignIn {
  /** Takes a one-time code; undefined when it is unknown, used or too old. */
  byCode(code: string, address: string): Promise<OpenedSession | undefined>
  /** Undefined when it is wrong. `device`: what to keep in this browser, and to send along the next time. */
  byPassword(attempt: {
    readonly email: string
    readonly password: string
    readonly address: string
    readonly device?: string | undefined
  }): Promise<(OpenedSession & { readonly device: string }) | undefined>
  close(sessionId: string, address: string): Promise<void>
}
