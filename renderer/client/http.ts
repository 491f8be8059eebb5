import { operations, type Input, type OperationName, type Output, type Reply } from '../../shared/contract/index.ts'
import type { Connection, ConsoleClient } from './console-client.ts'
import { createSignal } from './emitter.ts'
import { createEventReceiver } from './event-receiver.ts'
import { openEventStream } from './event-stream.ts'
import { readFailure, unreachable } from './http-failure.ts'
import { buildRequest } from './http-request.ts'
import { createSession } from './session.ts'

export interface HttpClientOptions {
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
  readonly random: () => number
  readonly report: (error: unknown) => void
}

/** The control plane over HTTP, from a page that the same server sent. */
export const createHttpClient = ({ fetch, now, random, report }: HttpClientOptions): ConsoleClient => {
  const session = createSession(fetch)
  const receiver = createEventReceiver(report)
  const connection = createSignal<Connection>({ state: 'connecting', sinceMs: now() })
  let stream: ReturnType<typeof openEventStream> | undefined

  const open = () =>
    openEventStream({
      url: '/api/v1/events',
      fetch,
      random,
      lastId: receiver.lastId,
      onOpen: () => {
        connection.set({ state: 'live', sinceMs: now() })
        return receiver.open()
      },
      onClosed: (reason) => {
        const before = connection.get()
        // "Since when" is the moment it was lost, not the last try.
        const sinceMs = before.state === 'reconnecting' ? before.sinceMs : now()
        connection.set({ state: 'reconnecting', sinceMs, reason })
      },
      onSignedOut: () => session.lost(),
    })

  session.watch((state) => {
    if (state.status === 'signed-in') stream ??= open()
    if (state.status !== 'signed-out') return
    stream?.close()
    stream = undefined
    receiver.forget()
    connection.set({ state: 'connecting', sinceMs: now() })
  })

  const invoke = async <N extends OperationName>(name: N, input: Input<N>): Promise<Reply<Output<N>>> => {
    const { method, url, body } = buildRequest(operations[name], input)
    receiver.noteRead()
    const headers: Record<string, string> = { accept: 'application/json' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const signedIn = session.state()
    if (method !== 'GET' && signedIn.status === 'signed-in') headers['x-csrf-token'] = signedIn.csrfToken
    try {
      const response = await fetch(url, {
        method,
        headers,
        body: body ?? null,
        credentials: 'same-origin',
        cache: 'no-store',
      })
      const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
      if (response.ok) return { ok: true, value: answer as Output<N> }
      // Refused to a session that somebody has signed in again meanwhile says nothing about the new one.
      if (response.status === 401 && session.state() === signedIn) session.lost()
      return { ok: false, error: readFailure(response.status, answer) }
    } catch {
      return { ok: false, error: unreachable }
    }
  }

  return {
    session,
    invoke,
    on: receiver.on,
    connection: () => connection.get(),
    onConnection: (listener) => connection.watch(({ state, sinceMs }) => listener(state, sinceMs)),
    onResync: receiver.onResync,
    reconnect: () => stream?.retry(),
  }
}
