import { createSseParser, type ServerSentEvent } from './sse-parser.ts'

export interface EventStreamOptions {
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: (event: ServerSentEvent) => void
  /** `hasGap`: it was open before, and what was missed cannot be asked for. */
  readonly onOpen: (hasGap: boolean) => void
  readonly onClosed: (reason: string) => void
  readonly onSignedOut: () => void
  readonly random: () => number
}

const firstPauseMs = 500
const longestPauseMs = 15_000
/** The server says something at least every 15 s; a connection silent for longer is dead, whatever the browser believes. */
const silenceMs = 40_000

/** Doubles up to a quarter of a minute, spread out so that many consoles do not come back in one instant. */
export const pauseMs = (failures: number, random: () => number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 8)) * (0.75 + random() / 2)

/** Keeps one stream of events open until closed, and names the last event seen when it comes back. */
export const openEventStream = (options: EventStreamOptions) => {
  let lastEventId: string | undefined
  let failures = 0
  let wasOpen = false
  let isClosed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let connection = new AbortController()

  const read = async (): Promise<string> => {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId
    const signal = connection.signal
    const response = await options.fetch(options.url, {
      headers,
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    })
    if (response.status === 401) {
      options.onSignedOut()
      return 'signed out'
    }
    if (!response.ok || !response.body) return `the server answered with status ${response.status}`
    failures = 0
    options.onOpen(wasOpen && lastEventId === undefined)
    wasOpen = true
    const parse = createSseParser((event) => {
      lastEventId = event.id ?? lastEventId
      options.onEvent(event)
    })
    const mine = connection
    const listen = () => setTimeout(() => mine.abort(), silenceMs)
    let silence = listen()
    try {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return 'the server closed the connection'
        clearTimeout(silence)
        silence = listen()
        parse(value)
      }
    } finally {
      clearTimeout(silence)
    }
  }

  const connect = (): void => {
    clearTimeout(timer)
    connection = new AbortController()
    const mine = connection
    void read()
      .catch(() => 'the server does not answer')
      .then((reason) => {
        if (isClosed || mine !== connection) return
        options.onClosed(reason)
        timer = setTimeout(connect, pauseMs(failures, options.random))
        failures += 1
      })
  }

  connect()
  return {
    /** Skips the rest of the pause. */
    retry(): void {
      connection.abort()
      if (!isClosed) connect()
    },
    close(): void {
      isClosed = true
      clearTimeout(timer)
      connection.abort()
    },
  }
}
