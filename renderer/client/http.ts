import { events, type EventName, type EventPayload } from '../../shared/contract/events.ts'
import { operations, type Input, type OperationName, type Output, type Reply } from '../../shared/contract/index.ts'
import type { Connection, ConsoleClient } from './console-client.ts'
import { createEmitter, createSignal } from './emitter.ts'
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

const isEventName = (name: string): name is EventName => name in events

/** The control plane over HTTP, from a page that the same server sent. */
export const createHttpClient = ({ fetch, now, random, report }: HttpClientOptions): ConsoleClient => {
  const session = createSession(fetch)
  const emitter = createEmitter(report)
  const connection = createSignal<Connection>({ state: 'connecting', sinceMs: now() })
  const resyncs = new Set<() => void>()
  let stream: ReturnType<typeof openEventStream> | undefined

  const resync = (): void => {
    for (const listener of resyncs) listener()
  }
  const receive = (name: string, data: string): void => {
    if (name === 'resync') resync()
    if (!isEventName(name)) return
    emitter.emit(name, JSON.parse(data) as EventPayload<typeof name>)
  }

  const open = () =>
    openEventStream({
      url: '/api/v1/events',
      fetch,
      random,
      onEvent: (event) => {
        try {
          receive(event.name, event.data)
        } catch (error) {
          report(error)
        }
      },
      onOpen: (hasGap) => {
        connection.set({ state: 'live', sinceMs: now() })
        if (hasGap) resync()
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
    connection.set({ state: 'connecting', sinceMs: now() })
  })

  const invoke = async <N extends OperationName>(name: N, input: Input<N>): Promise<Reply<Output<N>>> => {
    const { method, url, body } = buildRequest(operations[name], input)
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
    on: (name, listener) => emitter.on(name, listener),
    connection: () => connection.get(),
    onConnection: (listener) => connection.watch(({ state, sinceMs }) => listener(state, sinceMs)),
    onResync: (listener) => {
      resyncs.add(listener)
      return () => resyncs.delete(listener)
    },
    reconnect: () => stream?.retry(),
  }
}
