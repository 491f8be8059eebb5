import type { EventLog } from '../index.ts'

const heartbeatMs = 15_000
const maxPollers = 8

interface Poller {
  readonly follower: ReturnType<EventLog['follow']>
  wake: () => void
}

const idle = (): void => undefined

const openPoller = (log: EventLog, after: string | undefined): Poller => {
  const poller: Poller = { wake: idle, follower: log.follow({}, after, () => poller.wake()) }
  return poller
}

const newsOrHeartbeat = (poller: Poller): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer)
      poller.wake = idle
      resolve()
    }
    const timer = setTimeout(settle, heartbeatMs)
    poller.wake = settle
  })

/**
 * The stream of events for who asks for one piece after the other, as the desktop window does: for a window that does not
 * ask, nothing piles up. A piece is text in the format of server-sent events. The last id in it is what to ask with next;
 * after 15 seconds without news that id is all there is.
 */
export const createEventPolls = (log: EventLog) => {
  /** By the id that was told last, the one that waits longest first. */
  const pollers = new Map<string, Poller>()
  const decoder = new TextDecoder()

  const claim = (after: string | undefined): Poller => {
    const known = after === undefined ? undefined : pollers.get(after)
    if (after !== undefined) pollers.delete(after)
    return known ?? openPoller(log, after)
  }
  const keep = (poller: Poller): void => {
    const place = poller.follower.place()
    pollers.get(place)?.follower.close()
    pollers.set(place, poller)
    const [oldest] = pollers
    if (!oldest || pollers.size <= maxPollers) return
    pollers.delete(oldest[0])
    oldest[1].follower.close()
  }

  return {
    /** What comes after the event of that id; without one, the id to begin with. */
    async next(after: string | undefined): Promise<string> {
      const poller = claim(after)
      let bytes = poller.follower.next()
      if (!bytes) {
        await newsOrHeartbeat(poller)
        bytes = poller.follower.next()
      }
      keep(poller)
      return bytes ? decoder.decode(bytes) : `id: ${poller.follower.place()}\n\n`
    },
  }
}
