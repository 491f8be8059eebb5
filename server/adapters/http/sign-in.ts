import type { Actor } from '../../../shared/contract/index.ts'

/** What a request carries to say who sends it; never both. */
export interface Credentials {
  readonly bearer?: string
  readonly sessionCookie?: string
}

/** Undefined: nobody we know. `csrfToken` comes with a session, which a browser sends along unasked. */
export type Authenticate = (
  credentials: Credentials,
) => Promise<{ readonly actor: Actor; readonly csrfToken?: string | undefined } | undefined>

export interface OpenedSession {
  /** The cookie's value. */
  readonly cookie: string
  readonly csrfToken: string
  readonly actor: Actor
  readonly maxAgeSeconds: number
}

export interface SignIn {
  /** Takes a one-time code; undefined when it is unknown, used or too old. */
  open(code: string): Promise<OpenedSession | undefined>
  close(cookie: string): Promise<void>
}
