import { createHeadTeller } from '../operations/audit-log.ts'
import { tidyExports } from '../operations/export-upkeep.ts'
import { closeLostCalls } from '../operations/recovery.ts'
import type { Upkeep } from '../operations/upkeep.ts'
import type { Base } from './base.ts'
import type { Exports } from './exports.ts'
import type { HealthReader } from './health.ts'
import type { Retention } from './retention.ts'
import type { Running } from './runtime-state.ts'
import type { Tls } from './tls.ts'
import type { Webhooks } from './webhooks.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
/** The same request gets the same answer for so long. */
const answersKeptMs = 24 * hourMs
/** Some hundredths of the writer's time. */
const bodiesPackedAtOnce = 2500

/** All that is done now and again, as long as the server runs. */
export const listUpkeep = (
  { store, clock, log }: Base,
  { runtime, events, nodes }: Running,
  parts: {
    readonly webhooks: Webhooks
    readonly exports: Exports
    readonly retention: Retention
    readonly tls: Tls
    readonly readHealth: HealthReader['readHealth']
  },
): Upkeep[] => {
  const { webhooks, exports, retention, tls, readHealth } = parts
  const { calls, callLog, dialect } = webhooks.deps
  return [
    {
      what: 'Looking for lost calls',
      everyMs: 15 * secondMs,
      isDoneAtStart: true,
      work: async () => {
        const lost = await closeLostCalls(webhooks.deps)
        if (lost > 0) log.warn({ lost }, 'Calls of which nothing more was heard were closed as lost')
      },
    },
    {
      what: 'Looking for slots without a call',
      everyMs: 15 * secondMs,
      isDoneAtStart: true,
      work: async () => {
        const freed = await runtime.freeOrphans()
        if (freed > 0) log.warn({ freed }, 'Slots that no call holds any more were given back')
      },
    },
    { what: 'Storing what could not be stored', everyMs: 5 * secondMs, work: () => callLog.retry() },
    {
      what: 'Telling the metrics',
      everyMs: 5 * secondMs,
      work: async () => events.publish('metrics.updated', { atMs: clock.nowMs(), health: await readHealth() }),
    },
    {
      what: 'Making roll-ups anew',
      everyMs: 30 * secondMs,
      isDoneAtStart: true,
      work: () => store.analytics.rebuild(),
    },
    { what: 'Storing the dialect of webhooks', everyMs: 2 * secondMs, work: dialect.flush },
    {
      what: 'Compressing webhook bodies',
      everyMs: 5 * secondMs,
      work: () => calls.packWebhookBodies(bodiesPackedAtOnce),
    },
    {
      what: 'Looking for exports to go on with',
      everyMs: 5 * secondMs,
      isDoneAtStart: true,
      work: exports.runner.work,
    },
    {
      what: 'Deleting old exports',
      everyMs: minuteMs,
      isDoneAtStart: true,
      work: () => tidyExports(exports.deps, exports.runner),
    },
    {
      what: 'Looking for erasures that ended halfway',
      everyMs: 10 * minuteMs,
      isDoneAtStart: true,
      work: retention.interruptLost,
    },
    { what: 'Archiving and removing old records', everyMs: hourMs, isDoneAtStart: true, work: retention.run },
    {
      what: 'Telling how far the audit log goes',
      everyMs: hourMs,
      isDoneAtStart: true,
      work: createHeadTeller(store.audit, log),
    },
    { what: 'Giving free pages back', everyMs: minuteMs, work: store.storage.shrink },
    {
      what: 'Forgetting old answers',
      everyMs: 10 * minuteMs,
      work: () => calls.deleteAnswersBefore(clock.nowMs() - answersKeptMs),
    },
    ...(tls.isInUse ? [{ what: 'Looking for new certificates', everyMs: 5 * secondMs, work: tls.check }] : []),
    ...(nodes ? [{ what: 'Looking for changes of other nodes', everyMs: secondMs, work: nodes.catchUp }] : []),
  ]
}
