import type { Handlers } from '../../shared/contract/index.ts'
import { csvText } from '../adapters/csv/csv-text.ts'
import { readStoredPayload } from '../adapters/http/decode-webhook.ts'
import { createKeyedLock } from '../adapters/memory/keyed-lock.ts'
import type { Access } from '../operations/access/access.ts'
import { createAgentGroupHandlers } from '../operations/agent-groups.ts'
import { createAnalyticsHandlers } from '../operations/analytics.ts'
import { createAuditLogHandlers } from '../operations/audit-log.ts'
import { createCallHandlers } from '../operations/calls.ts'
import { createCloudonixHandlers } from '../operations/cloudonix.ts'
import { createDispatch, type Dispatch } from '../operations/dispatch.ts'
import { createDryRun } from '../operations/dry-run.ts'
import { createExportHandlers } from '../operations/exports.ts'
import { createIdempotencyHandlers } from '../operations/idempotency.ts'
import { inTurn } from '../operations/in-turn.ts'
import { createInboundRuleHandlers } from '../operations/inbound-rules.ts'
import { createNumberHandlers } from '../operations/numbers.ts'
import { createOutboundRuleHandlers } from '../operations/outbound-rules.ts'
import { createProviderHandlers } from '../operations/providers.ts'
import { createRoutingHandlers } from '../operations/routing.ts'
import { createSavedFilterHandlers } from '../operations/saved-filters.ts'
import { createScheduleHandlers } from '../operations/schedules.ts'
import { createSystemHandlers } from '../operations/system.ts'
import { createTenantHandlers } from '../operations/tenants.ts'
import { createTrunkHandlers } from '../operations/trunks.ts'
import { createVoiceAgentHandlers } from '../operations/voice-agents.ts'
import { createWebhookEventHandlers } from '../operations/webhook-events.ts'
import { createReplay } from '../operations/webhooks/replay.ts'
import type { Cloudonix } from '../ports/cloudonix.ts'
import type { Base } from './base.ts'
import type { Exports } from './exports.ts'
import type { Retention } from './retention.ts'
import type { Running } from './runtime-state.ts'
import type { Webhooks } from './webhooks.ts'

/** Everything that the contract promises, behind the one gate. */
export const createOperations = (
  base: Base,
  { runtime, events, nodes }: Running,
  parts: {
    readonly webhooks: Webhooks
    readonly webhooksUrl: string
    readonly exports: Exports
    readonly retention: Retention
    readonly cloudonix: Cloudonix
    readonly access: Pick<Access, 'handlers'>
  },
): Dispatch => {
  const { config, store, directory, health, clock, newId, newSecret, chance, log, publicUrl, startedAtMs } = base
  const { webhooks, exports, cloudonix } = parts
  const { calls, callLog, results, duplicates, dialect, refusals } = webhooks.deps
  const deps = { store: store.configuration, directory, runtime, events, clock, newId, newSecret, log, publicUrl }
  const about = {
    version: config.version,
    startedAtMs,
    nodeVersion: process.version,
    dataDir: config.dataDir,
    runtimeState: nodes ? ('redis' as const) : ('embedded' as const),
    publicUrl,
    webhookUrl: parts.webhooksUrl,
    demo: config.demo === true,
  }
  const handlers: Handlers = {
    ...createTenantHandlers(
      deps,
      async (tenantId) => {
        refusals.drop(tenantId)
        await exports.runner.forgetTenant(tenantId)
        await parts.retention.archives.removeTenant(tenantId)
      },
      refusals.of,
    ),
    ...createProviderHandlers(deps),
    ...createVoiceAgentHandlers({ ...deps, results, calls, callLog }),
    ...createAgentGroupHandlers(deps),
    ...createInboundRuleHandlers(deps),
    ...createOutboundRuleHandlers(deps),
    ...createTrunkHandlers(deps, cloudonix),
    ...createNumberHandlers(deps),
    ...createScheduleHandlers(deps),
    ...createSavedFilterHandlers(deps),
    ...createExportHandlers({ ...exports.deps, directory, newId, runner: exports.runner }),
    ...createCallHandlers({ calls, callLog, directory, cloudonix, log }),
    ...createAnalyticsHandlers({ analytics: store.analytics, calls, directory, clock, log }),
    ...createCloudonixHandlers(cloudonix, directory),
    ...createRoutingHandlers({ ...deps, dryRun: createDryRun(runtime, clock, chance), csv: csvText }),
    ...createWebhookEventHandlers({
      calls,
      directory,
      readPayload: readStoredPayload,
      replay: createReplay(webhooks.deps, readStoredPayload),
      dialect: store.dialect,
      monitor: dialect,
      log,
    }),
    ...createIdempotencyHandlers({ calls, runtime, duplicates, directory, log }),
    ...parts.retention.handlers,
    ...parts.access.handlers,
    ...createAuditLogHandlers(store.audit),
    ...createSystemHandlers(about, health, runtime, callLog, clock),
  }
  return createDispatch(
    inTurn(handlers, createKeyedLock(), nodes?.upToDate),
    (error, name) => log.error({ operation: name, err: error }, 'An operation failed'),
    { run: base.provenance.run, forbidden: base.refusals.forbidden },
  )
}
