import type { Reply } from '../shared/contract/index.ts'
import type { ControlPlaneStatus, FromControlPlane, ToControlPlane } from '../shared/contract/native.ts'
import { createBackOff } from './back-off.ts'

/** How long a question asked during the start may wait, and how long a close may drain. */
const startPatienceMs = 5_000
const drainLimitMs = 15_000

/** One run of the control plane in its own process. */
export interface ServerProcess {
  post(message: ToControlPlane): void
  onMessage(listener: (message: FromControlPlane) => void): void
  /** Told once, whatever ended it. */
  onExit(listener: (code: number) => void): void
  kill(): void
}

export interface SupervisionParts {
  start(): ServerProcess
  nowMs(): number
  /** Returns its own cancel. */
  after(ms: number, run: () => void): () => void
  onStatus(status: ControlPlaneStatus): void
}

export interface SupervisedServer {
  start(): void
  status(): ControlPlaneStatus
  /** Always answers: what the server says, or UNAVAILABLE when there is none to ask. */
  invoke(name: string, input: unknown): Promise<Reply<unknown>>
  /** As the bridge has it; UNAVAILABLE when there is no server to ask. */
  nextEvents(after: string | undefined): Promise<Reply<unknown>>
  /** Settles when the server has drained and gone, or was given up on. */
  close(): Promise<void>
}

const unavailable = (status: ControlPlaneStatus): Reply<unknown> => {
  const what: Record<ControlPlaneStatus['state'], string> = {
    starting: 'is still starting; try again in a moment',
    running: 'went away before it answered, and is restarting; whether this was done is not known',
    restarting: `is restarting${status.state === 'restarting' ? ` (${status.reason})` : ''}; try again in a moment`,
    stopped: 'is shutting down',
  }
  return { ok: false, error: { code: 'UNAVAILABLE', message: `The control plane ${what[status.state]}` } }
}

/** Keeps one server process running until it is closed. Knows neither Electron nor the clock: both are handed in. */
export const supervise = ({ start, nowMs, after, onStatus }: SupervisionParts): SupervisedServer => {
  const backOff = createBackOff()
  const unanswered = new Map<number, (reply: Reply<unknown>) => void>()
  const waitingForStart = new Set<() => void>()
  let status: ControlPlaneStatus = { state: 'stopped' }
  let server: ServerProcess | undefined
  let lastId = 0
  let cancelRestart: (() => void) | undefined
  let closing: Promise<void> | undefined
  let gone: (() => void) | undefined

  const become = (next: ControlPlaneStatus) => {
    status = next
    for (const proceed of waitingForStart) proceed()
    waitingForStart.clear()
    onStatus(status)
  }

  const ended = (reason: string, ranForMs: number) => {
    const abandoned = [...unanswered.values()]
    unanswered.clear()
    server = undefined
    const told = unavailable(closing ? status : { state: 'running' })
    for (const answer of abandoned) answer(told)
    if (closing) return gone?.()
    const { attempt, delayMs } = backOff.next(ranForMs)
    const sinceMs = status.state === 'restarting' ? status.sinceMs : nowMs()
    become({ state: 'restarting', attempt, reason, sinceMs })
    cancelRestart = after(delayMs, launch)
  }

  const launch = () => {
    const launched = start()
    let readyAtMs: number | undefined
    let failure: string | undefined
    server = launched
    launched.onMessage((message) => {
      if (message.type === 'ready') {
        readyAtMs = nowMs()
        if (!closing) become({ state: 'running' })
      } else if (message.type === 'failed') {
        failure = message.message
      } else {
        unanswered.get(message.id)?.(message.reply)
        unanswered.delete(message.id)
      }
    })
    launched.onExit((code) =>
      ended(failure ?? `it ended with exit code ${code}`, readyAtMs === undefined ? 0 : nowMs() - readyAtMs),
    )
  }

  const startOrPatienceEnds = () =>
    new Promise<void>((proceed) => {
      const cancel = after(startPatienceMs, () => {
        waitingForStart.delete(started)
        proceed()
      })
      const started = () => {
        cancel()
        proceed()
      }
      waitingForStart.add(started)
    })

  const ask = async (question: (id: number) => ToControlPlane): Promise<Reply<unknown>> => {
    if (status.state === 'starting') await startOrPatienceEnds()
    const running = status.state === 'running' ? server : undefined
    if (!running) return unavailable(status)
    return new Promise((answer) => {
      const id = ++lastId
      unanswered.set(id, answer)
      running.post(question(id))
    })
  }

  const drain = () =>
    new Promise<void>((settle) => {
      cancelRestart?.()
      if (!server) return settle()
      const cancel = after(drainLimitMs, () => {
        server?.kill()
        settle()
      })
      gone = () => {
        cancel()
        settle()
      }
      server.post({ type: 'close' })
    })

  return {
    start: () => {
      become({ state: 'starting' })
      launch()
    },
    status: () => status,
    invoke: (name, input) => ask((id) => ({ type: 'invoke', id, name, input })),
    nextEvents: (after) => ask((id) => ({ type: 'nextEvents', id, after })),
    close: () => {
      closing ??= Promise.resolve().then(drain)
      if (status.state !== 'stopped') become({ state: 'stopped' })
      return closing
    },
  }
}
