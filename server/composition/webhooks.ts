import { buildWebhookApp } from '../adapters/http/build-webhook-app.ts'
import { mostConnections, mostOpenFiles } from '../adapters/system/open-files.ts'
import { createAgentResults } from '../operations/agent-results.ts'
import { countDuplicates } from '../operations/idempotency.ts'
import { readUnsaved, rememberUnsaved } from '../operations/unsaved-units.ts'
import { createDialectMonitor } from '../operations/webhooks/dialect-monitor.ts'
import { createWebhookHandler } from '../operations/webhooks/handle-webhook.ts'
import { countRefusals } from '../operations/webhooks/refusals.ts'
import type { Base } from './base.ts'
import type { Running } from './runtime-state.ts'
import type { Tls } from './tls.ts'

export type Webhooks = ReturnType<typeof createWebhooks>

/** What Cloudonix asks and tells, and what is written down of it. `deps` is what their handling works with. */
export const createWebhooks = (base: Base, { runtime, events }: Running, tls: Tls) => {
  const { store, directory, health, clock, crypto, newId, chance, log, publicUrl, onClose } = base
  const callLog = rememberUnsaved(store.callLog, log, clock)
  const dialect = createDialectMonitor(store.dialect, health)
  const deps = {
    directory,
    runtime,
    calls: readUnsaved(store.calls, callLog),
    callLog,
    events,
    health,
    results: createAgentResults(),
    duplicates: countDuplicates(clock),
    dialect,
    refusals: countRefusals(clock, log),
    clock,
    crypto,
    newId,
    chance,
    log,
    publicUrl,
  }
  let isStoreClosed = false
  const app = buildWebhookApp({
    handle: createWebhookHandler(deps),
    log,
    clock,
    isClosing: () => isStoreClosed,
    tls: tls.webhooks,
    mostConnections: mostConnections(mostOpenFiles()).webhooks,
  })
  onClose(async () => {
    await callLog.retry()
    await store.callLog.flush()
    await dialect
      .flush()
      .catch((error: unknown) => log.error({ err: error }, 'The dialect of webhooks could not be stored'))
    isStoreClosed = true
  })
  onClose(() => app.close())
  return { app, deps }
}
