import type { Base } from './base.ts'
import type { Running } from './runtime-state.ts'
import type { Webhooks } from './webhooks.ts'

export type HealthReader = ReturnType<typeof createHealthReader>

/** How the server is and how much there is to do: for the console and metrics, and for probes. */
export const createHealthReader = ({ health }: Base, { runtime }: Running, { deps: { callLog } }: Webhooks) => ({
  readHealth: async () => health.read(await runtime.liveCallCount(), callLog.backlog()),
  readiness: () => {
    const { status, problems } = health.read(0, callLog.backlog())
    return { ready: status !== 'closing', status, problems }
  },
})
