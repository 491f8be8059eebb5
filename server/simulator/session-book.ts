import type { Leg } from './payloads.ts'

/** The sessions of the calls being played, as the platform would list them, and a way to end them from outside. */
export interface SessionBook {
  begin(call: { readonly id: number; readonly token: string; readonly from: string; readonly to: string }): Session
  /** Newest first: those going on, and the last ones that are over. */
  list(): readonly BookedSession[]
  find(idOrToken: string): BookedSession | undefined
  /** Both sides of the call hang up. False when there is none going on by that id or token. */
  hangUp(idOrToken: string): boolean
  hangUpAll(): void
}

export interface Session {
  readonly hangUp: AbortSignal
  update(status: string, leg: Leg): void
  over(status: string, leg: Leg): void
}

export interface BookedSession {
  readonly id: number
  readonly token: string
  readonly from: string
  readonly to: string
  readonly status: string
  readonly leg: Leg
}

const mostPast = 200

export const createSessionBook = (): SessionBook => {
  const live = new Map<string, BookedSession>()
  const past: BookedSession[] = []
  const lines = new Map<string, AbortController>()
  const find = (idOrToken: string): BookedSession | undefined =>
    live.get(idOrToken) ??
    [...live.values(), ...past].find(({ id, token }) => token === idOrToken || String(id) === idOrToken)

  return {
    begin({ id, token, from, to }) {
      const line = new AbortController()
      const put = (status: string, leg: Leg): BookedSession => ({ id, token, from, to, status, leg })
      lines.set(token, line)
      live.set(token, put('new', { startMs: Date.now(), answerMs: 0, endMs: 0 }))
      return {
        hangUp: line.signal,
        update: (status, leg) => void live.set(token, put(status, leg)),
        over(status, leg) {
          lines.delete(token)
          live.delete(token)
          past.push(put(status, leg))
          if (past.length > mostPast) past.shift()
        },
      }
    },
    list: () => [...live.values(), ...past].sort((a, b) => b.id - a.id),
    find,
    hangUp(idOrToken) {
      const line = lines.get(find(idOrToken)?.token ?? '')
      line?.abort()
      return line !== undefined
    },
    hangUpAll() {
      for (const line of lines.values()) line.abort()
    },
  }
}
