import { Redis } from 'ioredis'
import { eventsChannel, siteKeys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'

/** Tells all other nodes, by pub/sub: who is not listening at that moment never hears of it. */
export interface NodeChannel {
  /** `tenantId` undefined: it concerns no tenant. The message is plain JSON. */
  publish(tenantId: string | undefined, message: unknown): void
  close(): Promise<void>
}

const longestPauseMs = 500

/** `onMessage` gets what other nodes say; `onGap` is called when something may have been missed. */
export const openNodeChannel = async (
  { redis }: RedisClient,
  url: string,
  nodeId: string,
  onMessage: (message: unknown) => void,
  onGap: () => void,
): Promise<NodeChannel> => {
  const ear = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    connectTimeout: 1000,
    retryStrategy: (times) => Math.min(50 * times, longestPauseMs),
  })
  ear.on('error', () => undefined)
  ear.on('ready', onGap)
  const hear = (text: string): void => {
    const { from, message } = JSON.parse(text) as { from: string; message: unknown }
    if (from !== nodeId) onMessage(message)
  }
  ear.on('message', (_channel, text) => hear(text))
  ear.on('pmessage', (_pattern, _channel, text) => hear(text))
  // Where Redis is away it is subscribed to when it is there.
  void ear.psubscribe(eventsChannel('*')).catch(() => undefined)
  void ear.subscribe(siteKeys.events).catch(() => undefined)
  await Promise.race([new Promise((resolve) => ear.once('ready', resolve)), ear.connect().catch(() => undefined)])
  return {
    publish(tenantId, message) {
      const channel = tenantId === undefined ? siteKeys.events : eventsChannel(tenantId)
      redis.publish(channel, JSON.stringify({ from: nodeId, message })).catch(() => undefined)
    },
    close() {
      ear.disconnect()
      return Promise.resolve()
    },
  }
}
