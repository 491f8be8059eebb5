import { Worker } from 'node:worker_threads'
import type { Port, ThreadRole } from './thread-protocol.ts'

/** What a store thread runs in, for one life of it. */
export interface ThreadHost {
  readonly port: Port
  /** Called once, when nothing will come from there any more, whatever the reason. */
  onGone(listener: (reason: string) => void): void
  end(): Promise<unknown>
}

/** The thread's file lies beside this one: as source when this is source, else as a chunk of the same build. */
const threadFile = (): URL => {
  // A variable, so that the bundler does not take this for the address of an asset.
  const here = import.meta.url
  return new URL(`store-thread.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}

/**
 * A small young generation, if less so for exports, which read more at once: what a thread makes is dead as soon as it has
 * answered, and V8 would rather let it pile up than collect it. The old generation is far beyond what the largest batch or page takes; a leak ends the thread, not the server.
 */
const resourceLimits = (role: ThreadRole) => ({
  maxYoungGenerationSizeMb: role === 'exporter' ? 8 : 4,
  maxOldGenerationSizeMb: 512,
})

export const startWorker = (role: ThreadRole): ThreadHost => {
  const worker = new Worker(threadFile(), { name: `store ${role}`, resourceLimits: resourceLimits(role) })
  return {
    port: worker,
    onGone: (listener) => {
      let cause: string | undefined
      worker.once('error', (error: unknown) => {
        cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      })
      worker.once('exit', (code) => listener(cause ?? `exit code ${code}`))
    },
    end: () => worker.terminate(),
  }
}
