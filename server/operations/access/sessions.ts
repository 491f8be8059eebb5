import type { Actor } from '../../../shared/contract/index.ts'
import type { ConsoleSession, StoredUser } from '../../ports/access.ts'
import type { AccessDeps } from './access-deps.ts'

const secretBits = 256
/** From the sign-in on, whatever happens. */
const longestSeconds = 12 * 3600
/** Without any request; an open console asks all the time. */
const idleMs = 3_600_000
const renewMs = 15 * 60_000
/** Requests that were under way with the secret of before. */
const graceMs = 5 * 60_000
/** Those that were sent together. */
const concurrentMs = 10_000
const seenEveryMs = 60_000

export interface OpenedSession {
  /** The cookie's value. */
  readonly cookie: string
  readonly csrfToken: string
  readonly actor: Actor
  readonly maxAgeSeconds: number
}

export interface SessionFound {
  readonly actor: Actor
  readonly csrfToken: string
  /** A new secret, to be sent along with the answer. */
  readonly renewed?: { readonly cookie: string; readonly maxAgeSeconds: number }
}

const actorOf = ({ id, userId, name, role, tenantId }: ConsoleSession): Actor => ({
  kind: 'session',
  name,
  role,
  sessionId: id,
  ...(tenantId !== undefined && { tenantId }),
  ...(userId !== undefined && { userId }),
})

/** Browsers that are signed in. Their secrets are random and long, so a plain hash of them is all that is stored. */
export const createSessions = ({ store, clock, crypto, newId, newSecret, log, csrfSecret }: AccessDeps) => {
  /** Of a session, whatever its cookie is by now; nothing of it is stored. */
  const csrfTokenOf = ({ id }: ConsoleSession): string => crypto.sign(csrfSecret, id)
  const isOver = ({ expiresAtMs, lastSeenAtMs }: ConsoleSession): boolean =>
    clock.nowMs() >= expiresAtMs || clock.nowMs() >= lastSeenAtMs + idleMs
  const leftSeconds = ({ expiresAtMs }: ConsoleSession): number =>
    Math.max(0, Math.floor((expiresAtMs - clock.nowMs()) / 1000))

  const renew = async (session: ConsoleSession, before: string): Promise<SessionFound['renewed']> => {
    const cookie = newSecret(secretBits)
    const nowMs = clock.nowMs()
    const change = {
      from: session.hash,
      before,
      to: crypto.digest(cookie),
      atMs: nowMs,
      beforeUntilMs: nowMs + graceMs,
    }
    return (await store.renewSession(session.id, change)) ? { cookie, maxAgeSeconds: leftSeconds(session) } : undefined
  }
  const noteSeen = (session: ConsoleSession): void => {
    if (clock.nowMs() - session.lastSeenAtMs < seenEveryMs) return
    store.noteSeen(session.id, clock.nowMs()).catch((error: unknown) => {
      log.warn({ err: error }, 'When a session was last seen could not be noted')
    })
  }

  return {
    find: async (cookie: string, keepsCookie = false): Promise<SessionFound | undefined> => {
      const hash = crypto.digest(cookie)
      const session = await store.findSession(hash, clock.nowMs())
      if (!session || isOver(session)) return undefined
      noteSeen(session)
      const ageMs = clock.nowMs() - session.renewedAtMs
      // Whoever still comes with the one before, some time after, did not get the new one.
      const isDue = ageMs >= (session.hash === hash ? renewMs : concurrentMs)
      const renewed = isDue && !keepsCookie ? await renew(session, hash) : undefined
      return { actor: actorOf(session), csrfToken: csrfTokenOf(session), ...(renewed && { renewed }) }
    },
    byId: async (id: string): Promise<Actor | undefined> => {
      const session = await store.sessionById(id)
      if (!session || isOver(session)) return undefined
      noteSeen(session)
      return actorOf(session)
    },
    actorOf,
    /** A session to be stored, and what the browser is told of it. */
    prepare: (user: StoredUser | undefined, isByLink: boolean): { session: ConsoleSession; opened: OpenedSession } => {
      const cookie = newSecret(secretBits)
      const nowMs = clock.nowMs()
      const session: ConsoleSession = {
        id: newId(),
        hash: crypto.digest(cookie),
        userId: user?.id,
        name: user?.name ?? 'Owner',
        role: user?.role ?? 'owner',
        tenantId: user?.tenantId,
        isByLink,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + longestSeconds * 1000,
        lastSeenAtMs: nowMs,
        renewedAtMs: nowMs,
      }
      const opened = {
        cookie,
        csrfToken: csrfTokenOf(session),
        actor: actorOf(session),
        maxAgeSeconds: longestSeconds,
      }
      return { session, opened }
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
