import { DomainError } from '../../../domain/errors.ts'
import type { Provenance } from '../../../ports/audit.ts'
import type { Log } from '../../../ports/system.ts'
import type { ThreadHost } from './store-thread-host.ts'
import { createThreadClient, type ThreadClient } from './thread-client.ts'
import type { ThreadOptions, ThreadRole } from './thread-protocol.ts'

export interface ThreadFault {
  readonly message: string
  readonly sinceMs: number
}

type ReopenListener<Api> = (client: Pick<ThreadClient<Api>, 'call'>) => Promise<void> | void

/** A store thread for as long as the store is open, through all its lives. */
export interface StoreThread<Api> extends Pick<ThreadClient<Api>, 'call'> {
  /** Starts it. Rejects when the file cannot be opened; only later ends are mended. */
  open(options: ThreadOptions): Promise<void>
  /** What it is opened with after an end that nobody wanted, in place of what it was opened with first. */
  reopenWith(options: ThreadOptions): void
  /** Undefined while it runs. */
  fault(): ThreadFault | undefined
  /** Called when it runs again after an end nobody wanted, with the way to it, before anybody else asks it anything. */
  onReopen(listener: ReopenListener<Api>): void
  /** Closes the file and ends the thread. */
  close(): Promise<void>
}

const firstPauseMs = 100
const longestPauseMs = 10_000
/** Who lived that long did not die of the same thing at once. */
const longLifeMs = 60_000

interface Life<Api> {
  readonly client: ThreadClient<Api>
  readonly host: ThreadHost
  isOver: boolean
}

/**
 * Starts the thread again when it ends by itself. What it was asked and had not answered is refused as UNAVAILABLE, and so is
 * everything until it runs again: a request that waited would be answered too late to be of use.
 */
export const createStoreThread = <Api>({
  role,
  startHost,
  log,
  nowMs,
  currently,
}: {
  role: ThreadRole
  startHost: (role: ThreadRole) => ThreadHost
  log: Log
  nowMs: () => number
  /** On whose behalf it is asked, where it wants to know. */
  currently?: Provenance['current'] | undefined
}): StoreThread<Api> => {
  let current: Life<Api> | undefined
  let fault: ThreadFault | undefined
  let pauseMs = firstPauseMs
  let openedAtMs = 0
  let restart: NodeJS.Timeout | undefined
  let restarting: Promise<void> | undefined
  let isClosing = false
  let reopening: ThreadOptions | undefined
  const listeners: ReopenListener<Api>[] = []
  const stopped = `The ${role} of the store stopped and is started again`

  const begin = async (options: ThreadOptions): Promise<Life<Api>> => {
    const host = startHost(role)
    const client = createThreadClient<Api>(host.port, currently)
    const life = { client, host, isOver: false }
    host.onGone((reason) => {
      life.isOver = true
      client.fail(isClosing ? 'The store is closed' : stopped)
      if (life === current && !isClosing) mend(reopening ?? options, reason)
    })
    try {
      await client.open(role, options)
      return life
    } catch (error) {
      await host.end()
      throw error
    }
  }

  const mend = (options: ThreadOptions, reason: string): void => {
    log.error({ role, reason }, 'A thread of the store stopped; it is started again')
    fault = { message: stopped, sinceMs: nowMs() }
    if (nowMs() - openedAtMs >= longLifeMs) pauseMs = firstPauseMs
    restartLater(options)
  }

  const restartLater = (options: ThreadOptions): void => {
    restart = setTimeout(() => {
      restarting = again(options)
    }, pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }

  const again = async (options: ThreadOptions): Promise<void> => {
    let life: Life<Api> | undefined
    try {
      life = await begin(options)
      for (const listener of listeners) await listener(life.client)
      if (life.isOver) throw new Error('It stopped again at once')
      current = life
      openedAtMs = nowMs()
      fault = undefined
      log.info({ role }, 'The thread of the store runs again')
    } catch (error) {
      await life?.host.end()
      log.error({ role, error }, 'A thread of the store could not be started; it is tried again')
      if (!isClosing) restartLater(options)
    }
  }

  return {
    open: async (options) => {
      current = await begin(options)
      openedAtMs = nowMs()
    },
    call: (noun, verb, ...args) =>
      current
        ? current.client.call(noun, verb, ...args)
        : Promise.reject(new DomainError('UNAVAILABLE', `The ${role} of the store is not open`)),
    reopenWith: (options) => {
      reopening = options
    },
    fault: () => fault,
    onReopen: (listener) => void listeners.push(listener),
    close: async () => {
      isClosing = true
      clearTimeout(restart)
      await restarting
      try {
        // A thread that is gone has closed its file.
        if (current && !fault) await current.client.close()
      } finally {
        await current?.host.end()
      }
    },
  }
}
