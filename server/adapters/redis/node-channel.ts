import type { Redis } from 'ioredis'
import type { Log } from '../../ports/system.ts'
import { eventsChannel, siteKeys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { pauseMs } from './redis-connection.ts'

export interface NodeMessage {
  readonly name: string
  readonly payload: object
}

/** Tells all other nodes, by pub/sub: who is not listening at that moment never hears of it. */
export interface NodeChannel {
  /** `tenantId` undefined: it concerns no tenant. The message is plain JSON. What cannot be told is a gap for the others. */
  publish(tenantId: string | undefined, message: NodeMessage): void
  /** What was told before does not stand any more. It is told until it was, so the others hear of it later at worst. */
  tellGap(): void
  close(): Promise<void>
}

const subscribeAgainMs = 10_000
const tellAgainMs = 1000
/** A connection that is dead without saying so is silent, as one is that has nothing to tell. */
const pingEveryMs = 2000

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

interface Told {
  /** The installation: the nodes of others are none of ours. */
  readonly site: string
  readonly from: string
  /** Missing: this node told something that others may not have heard. */
  readonly message?: NodeMessage
}

/** Anybody who reaches Redis may publish anything. */
const readMessage = (text: string): Told | undefined => {
  try {
    const told: unknown = JSON.parse(text)
    if (!isObject(told)) return undefined
    const { site, from, message } = told
    if (typeof site !== 'string' || typeof from !== 'string') return undefined
    if (message === undefined) return { site, from }
    if (!isObject(message)) return undefined
    const { name, payload } = message
    return typeof name === 'string' && isObject(payload) ? { site, from, message: { name, payload } } : undefined
  } catch {
    return undefined
  }
}

export const openNodeChannel = async ({
  client: { redis, openEar },
  site,
  nodeId,
  onMessage,
  onGap,
  log,
}: {
  readonly client: Pick<RedisClient, 'redis' | 'openEar'>
  readonly site: string
  readonly nodeId: string
  /** Gets what other nodes say. */
  readonly onMessage: (message: NodeMessage) => void
  /** Something may have been missed. */
  readonly onGap: () => void
  readonly log: Log
}): Promise<NodeChannel> => {
  const { events } = siteKeys(site)
  const hear = (channel: string, text: string): void => {
    const told = readMessage(text)
    if (!told) log.warn({ channel }, 'What was published in Redis is no message of a node; it is ignored')
    else if (told.site !== site || told.from === nodeId) return
    else if (told.message) onMessage(told.message)
    else onGap()
  }
  const listen = async (ear: Redis): Promise<void> => {
    try {
      await Promise.all([ear.psubscribe(eventsChannel('*')), ear.subscribe(events)])
      onGap()
    } catch (error) {
      if (ear.status !== 'ready') return
      log.warn({ err: error }, 'What other nodes tell cannot be heard; it is tried again')
      setTimeout(() => void listen(ear), subscribeAgainMs).unref()
    }
  }
  let isClosed = false
  let ear: Redis
  let timer: NodeJS.Timeout | undefined
  const pings = setInterval(() => {
    const asked = ear
    if (asked.status !== 'ready') return
    // Whatever Redis replies, it is there.
    asked.ping().catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'ReplyError')) asked.disconnect()
    })
  }, pingEveryMs).unref()
  /** Resolves when it listens, or cannot. One that was lost is followed by another. */
  const begin = (times: number): Promise<void> =>
    new Promise((resolve) => {
      const opened = openEar()
      ear = opened
      let isReached = false
      opened.on('error', () => undefined)
      opened.on('message', hear)
      opened.on('pmessage', (_pattern, channel, text) => hear(channel, text))
      opened.on('ready', () => {
        isReached = true
        void listen(opened).then(resolve)
      })
      opened.once('end', () => {
        resolve()
        const next = isReached ? 1 : times + 1
        if (!isClosed) timer = setTimeout(() => void begin(next), pauseMs(next))
      })
      opened.connect().catch(() => undefined)
    })
  await begin(1)

  let again: NodeJS.Timeout | undefined
  const tell = (channel: string, message?: NodeMessage): void => {
    const told: Told = { site, from: nodeId, ...(message && { message }) }
    redis.publish(channel, JSON.stringify(told)).catch(() => {
      if (isClosed) return
      again ??= setTimeout(() => {
        again = undefined
        tell(events)
      }, tellAgainMs).unref()
    })
  }
  return {
    publish: (tenantId, message) => tell(tenantId === undefined ? events : eventsChannel(tenantId), message),
    tellGap: () => tell(events),
    close() {
      if (again !== undefined) tell(events)
      isClosed = true
      clearTimeout(timer)
      clearTimeout(again)
      clearInterval(pings)
      ear.disconnect()
      return Promise.resolve()
    },
  }
}
