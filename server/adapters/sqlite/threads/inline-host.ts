import { MessageChannel } from 'node:worker_threads'
import { runStoreThread } from './run-store-thread.ts'
import type { ThreadHost } from './store-thread-host.ts'

/** What a store thread does, in this thread and over the same messages: where a command asks a few things and nothing else waits. */
export const startInline = (): ThreadHost => {
  const { port1, port2 } = new MessageChannel()
  runStoreThread(port2)
  return {
    port: port1,
    onGone: (listener) => void port1.once('close', () => listener('the port was closed')),
    end: async () => port1.close(),
  }
}
