export interface EventStreamOptions {
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  /** The id to go on after; undefined: begin with what happens now. */
  readonly lastId: () => string | undefined
  /** Answers with what takes the text of this connection. */
  readonly onOpen: () => (text: string) => void
  readonly onClosed: (reason: string) => void
  readonly onSignedOut: () => void
  readonly random: () => number
}

const firstPauseMs = 500
const longestPauseMs = 15_000
/** The server says something at least every 15 s; a connection silent for longer is dead, whatever the browser believes. */
export const silenceMs = 40_000

/** Doubles up to a quarter of a minute, spread out so that many consoles do not come back in one instant. */
export const pauseMs = (failures: number, random: () => number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 8)) * (0.75 + random() / 2)

/** Keeps one stream of events open until closed, and names the last event seen when it comes back. */
export const openEventStream = (options: EventStreamOptions) => {
  let failures = 0
  let isClosed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let connection = new AbortController()

  const read = async (): Promise<string> => {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    const lastId = options.lastId()
    if (lastId !== undefined) headers['last-event-id'] = lastId
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
    const take = options.onOpen()
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
        failures = 0
        take(value)
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
