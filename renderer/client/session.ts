import type { Actor, Failure, Reply } from '../../shared/contract/index.ts'
import { createSignal } from './emitter.ts'
import { readFailure, unreachable } from './http-failure.ts'

export type SessionState =
  | { readonly status: 'unknown' }
  | { readonly status: 'signed-in'; readonly actor: Actor; readonly csrfToken: string }
  | { readonly status: 'signed-out'; readonly reason?: string | undefined }
  | { readonly status: 'unreachable'; readonly failure: Failure }

const path = '/api/v1/session'

export type Credential = { readonly code: string } | { readonly email: string; readonly password: string }

interface Opened {
  readonly csrfToken: string
  readonly actor: Actor
}

/** The browser's session: a cookie that scripts cannot read, and the token that must go with every change. */
export const createSession = (fetch: typeof globalThis.fetch) => {
  const state = createSignal<SessionState>({ status: 'unknown' })

  const ask = async (init: RequestInit): Promise<Reply<Opened>> => {
    try {
      const response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' })
      const body: unknown = await response.json().catch(() => undefined)
      return response.ok
        ? { ok: true, value: body as Opened }
        : { ok: false, error: readFailure(response.status, body) }
    } catch {
      return { ok: false, error: unreachable }
    }
  }

  return {
    state: () => state.get(),
    watch: (listener: (state: SessionState) => void) => state.watch(listener),

    /** Finds out who is signed in, if anybody. */
    async check(): Promise<SessionState> {
      const reply = await ask({ method: 'GET' })
      if (reply.ok) state.set({ status: 'signed-in', ...reply.value })
      else if (reply.error.code === 'UNAUTHENTICATED') state.set({ status: 'signed-out' })
      else state.set({ status: 'unreachable', failure: reply.error })
      return state.get()
    },

    /** Trades the one-time code of a sign-in link, or a password, for a session. */
    async signIn(credential: Credential): Promise<Reply<Actor>> {
      const reply = await ask({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(credential),
      })
      if (!reply.ok) return reply
      state.set({ status: 'signed-in', ...reply.value })
      return { ok: true, value: reply.value.actor }
    },

    async signOut(): Promise<void> {
      const before = state.get()
      if (before.status !== 'signed-in') return
      await ask({ method: 'DELETE', headers: { 'x-csrf-token': before.csrfToken } })
      state.set({ status: 'signed-out' })
    },

    /** The server no longer knows this session: it expired, or somebody ended it. */
    lost(): void {
      if (state.get().status === 'signed-in') state.set({ status: 'signed-out', reason: 'Your session has ended.' })
    },
  }
}
export type Session = ReturnType<typeof createSession>
