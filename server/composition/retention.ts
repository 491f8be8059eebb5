import { createArchiveFiles } from '../adapters/archives/archive-files.ts'
import { createKeyedLock } from '../adapters/memory/keyed-lock.ts'
import { openChangeLock } from '../adapters/sqlite/open-sqlite-store.ts'
import { createErasureHandlers } from '../operations/erasures.ts'
import { createRetentionHandlers } from '../operations/retention.ts'
import type { Base } from './base.ts'
import type { Exports } from './exports.ts'
import type { Running } from './runtime-state.ts'
import type { Webhooks } from './webhooks.ts'

export type Retention = Awaited<ReturnType<typeof openRetention>>

/** What takes records away: retention by their age, erasures by a number. One at a time, in all processes. */
export const openRetention = async (
  base: Base,
  { runtime, nodes }: Running,
  { exports, webhooks }: { readonly exports: Exports; readonly webhooks: Webhooks },
) => {
  const { config, store, directory, eventLog, clock, newId, newSecret, log, onClose } = base
  const recordsLock = nodes && (await openChangeLock(config.dataDir, 'records.lock'))
  onClose(() => recordsLock?.close())
  const oneAtATime = createKeyedLock()
  const alone = <T>(work: () => Promise<T>): Promise<T> =>
    oneAtATime('', () => (recordsLock ? recordsLock.alone(work) : work()))
  const archives = createArchiveFiles(config.dataDir)
  const retention = createRetentionHandlers({
    retention: store.retention,
    storage: store.storage,
    archives,
    directory,
    meta: store.meta,
    isTenant: async (tenantId) => (await store.configuration.tenants.get(undefined, tenantId)) !== undefined,
    clock,
    log,
    alone,
  })
  const erasures = createErasureHandlers({
    erasures: store.erasures,
    retention: store.retention,
    archives,
    exports: store.exports,
    exportFiles: exports.deps.files,
    exportRunner: exports.runner,
    callLog: webhooks.deps.callLog,
    store: store.configuration,
    directory,
    runtime,
    forgetEvents: () => {
      eventLog.forget()
      nodes?.tellGap()
    },
    clock,
    newId,
    newSecret,
    log,
    alone,
  })
  // Erasures under way end before the store does.
  onClose(erasures.settled)
  return {
    archives,
    run: retention.run,
    interruptLost: erasures.interruptLost,
    handlers: { ...erasures.handlers, ...retention.handlers },
  }
}
