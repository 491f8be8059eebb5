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
  /** `tenantId` undefined: it concerns no tenant. The message is plain JSON. */
  publish(tenantId: string | undefined, message: NodeMessage): void
  close(): Promise<void>
}

const subscribeAgainMs = 10_000

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

interface Told {
  /** The installation: the nodes of others are none of ours. */
  readonly site: string
  readonly from: string
  readonly message: NodeMessage
}

/** Anybody who reaches Redis may publish anything. */
const readMessage = (text: string): Told | undefined => {
  try {
    const told: unknown = JSON.parse(text)
    if (!isObject(told) || !isObject(told['message'])) return undefined
    const { site, from } = told
    const { name, payload } = told['message']
    return typeof site === 'string' && typeof from === 'string' && typeof name === 'string' && isObject(payload)
      ? { site, from, message: { name, payload } }
      : undefined
  } catch {
    return undefined
  }
}

/** `onMessage` gets what other nodes say; `onGap` is called when something may have been missed. */
export const openNodeChannel = async (
  { redis, openEar }: RedisClient,
  site: string,
  nodeId: string,
  onMessage: (message: NodeMessage) => void,
  onGap: () => void,
  log: Log,
): Promise<NodeChannel> => {
  const { events } = siteKeys(site)
  const hear = (channel: string, text: string): void => {
    const told = readMessage(text)
    if (!told) log.warn({ channel }, 'What was published in Redis is no message of a node; it is ignored')
    else if (told.site === site && told.from !== nodeId) onMessage(told.message)
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
  return {
    publish(tenantId, message) {
      const channel = tenantId === undefined ? events : eventsChannel(tenantId)
      redis.publish(channel, JSON.stringify({ site, from: nodeId, message } satisfies Told)).catch(() => undefined)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      ear.disconnect()
      return Promise.resolve()
    },
  }
}
