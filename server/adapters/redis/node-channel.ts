import { Redis } from 'ioredis'
import type { Log } from '../../ports/system.ts'
import { eventsChannel, siteKeys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'

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

const longestPauseMs = 500
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
  { redis }: RedisClient,
  url: string,
  site: string,
  nodeId: string,
  onMessage: (message: NodeMessage) => void,
  onGap: () => void,
  log: Log,
): Promise<NodeChannel> => {
  const { events } = siteKeys(site)
  const ear = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    connectTimeout: 1000,
    // Done anew with each connection, below.
    autoResubscribe: false,
    retryStrategy: (times) => Math.min(50 * times, longestPauseMs),
  })
  ear.on('error', () => undefined)
  const hear = (channel: string, text: string): void => {
    const told = readMessage(text)
    if (!told) log.warn({ channel }, 'What was published in Redis is no message of a node; it is ignored')
    else if (told.site === site && told.from !== nodeId) onMessage(told.message)
  }
  ear.on('message', hear)
  ear.on('pmessage', (_pattern, channel, text) => hear(channel, text))
  const listen = async (): Promise<void> => {
    try {
      await Promise.all([ear.psubscribe(eventsChannel('*')), ear.subscribe(events)])
      onGap()
    } catch (error) {
      if (ear.status !== 'ready') return
      log.warn({ err: error }, 'What other nodes tell cannot be heard; it is tried again')
      setTimeout(() => void listen(), subscribeAgainMs).unref()
    }
  }
  const firstTry = new Promise<void>((resolve) => {
    ear.on('ready', () => void listen().then(resolve))
    ear.once('close', resolve)
  })
  void ear.connect().catch(() => undefined)
  await firstTry
  return {
    publish(tenantId, message) {
      const channel = tenantId === undefined ? events : eventsChannel(tenantId)
      redis.publish(channel, JSON.stringify({ site, from: nodeId, message } satisfies Told)).catch(() => undefined)
    },
    close() {
      ear.disconnect()
      return Promise.resolve()
    },
  }
}
