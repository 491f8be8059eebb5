import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Site } from './site.ts'

interface Played {
  readonly count: number
  readonly wrong: readonly string[]
  readonly latenciesMs: readonly number[]
}
interface GenuineCalls {
  /** How many were answered so far. */
  count(): number
  /** Plays no more; what became of those that were played. */
  stop(): Promise<Played>
}

/**
 * Voice requests one after the other as the platform sends them, each judged: HTTP 200 with a document that dials one of the
 * site's agents.
 */
export const playGenuineCalls = (webhooks: string, site: Site): GenuineCalls => {
  const url = new URL(`${site.base}/application`, webhooks).href
  const values = site.agents.map(({ value }) => value)
  const worker = new Worker(new URL('./genuine-caller.ts', import.meta.url), { workerData: { url, values } })
  let told: Partial<Played> = {}
  worker.on('message', (message: Partial<Played>) => (told = message))
  return {
    count: () => told.count ?? 0,
    async stop() {
      const ended = once(worker, 'exit')
      worker.postMessage('stop')
      await ended
      return told as Played
    },
  }
}
