import { join } from 'node:path'
import type { Actor, Handlers } from '../shared/contract/index.ts'
import type { Role } from '../shared/vocabulary.ts'
import { createArchiveFiles } from './adapters/archives/archive-files.ts'
import { createCloudonixClient } from './adapters/cloudonix/cloudonix-client.ts'
import { csvText } from './adapters/csv/csv-text.ts'
import { createExportFiles } from './adapters/exports/export-files.ts'
import { buildAdminApp } from './adapters/http/build-admin-app.ts'
import { buildWebhookApp } from './adapters/http/build-webhook-app.ts'
import { readStoredPayload } from './adapters/http/decode-webhook.ts'
import { listen } from './adapters/http/listen.ts'
import { createEmbeddedRuntimeState } from './adapters/memory/embedded-runtime-state.ts'
import { createEventBus } from './adapters/memory/event-bus.ts'
import { createEventLog } from './adapters/memory/event-log.ts'
import { createKeyedLock } from './adapters/memory/keyed-lock.ts'
import { openRedis } from './adapters/redis/open-redis.ts'
import { loadMasterKey } from './adapters/sqlite/master-key.ts'
import { openChangeLock, openSqliteStore } from './adapters/sqlite/open-sqlite-store.ts'
import { systemClock, systemWait } from './adapters/system/clock.ts'
import { systemCrypto } from './adapters/system/crypto.ts'
import { newId, newSecret } from './adapters/system/ids.ts'
import { createLog } from './adapters/system/log.ts'
import { announceServer } from './adapters/system/running-server.ts'
import { createAccess, type Access } from './operations/access.ts'
import { createAgentGroupHandlers } from './operations/agent-groups.ts'
import { createAgentResults } from './operations/agent-results.ts'
import { createAnalyticsHandlers } from './operations/analytics.ts'
import { createCallHandlers } from './operations/calls.ts'
import { createCloudonixHandlers } from './operations/cloudonix.ts'
import { createDispatch, type Dispatch } from './operations/dispatch.ts'
import { createDryRun } from './operations/dry-run.ts'
import { createExportRunner, type ExportLimits } from './operations/export-runner.ts'
import { tidyExports } from './operations/export-upkeep.ts'
import { createExportHandlers } from './operations/exports.ts'
import { createErasureHandlers } from './operations/erasures.ts'
import { createHealth } from './operations/health.ts'
import { countDuplicates, createIdempotencyHandlers } from './operations/idempotency.ts'
import { inTurn } from './operations/in-turn.ts'
import { createInboundRuleHandlers } from './operations/inbound-rules.ts'
import { renderMetrics } from './operations/metrics.ts'
import { createNodeListener, telling, type NodeMessage } from './operations/node-events.ts'
import { createNumberHandlers } from './operations/numbers.ts'
import { createOutboundRuleHandlers } from './operations/outbound-rules.ts'
import { createProviderHandlers } from './operations/providers.ts'
import { closeLostCalls, toOpenCircuits } from './operations/recovery.ts'
import { createRetentionHandlers } from './operations/retention.ts'
import { createRoutingHandlers } from './operations/routing.ts'
import { createSavedFilterHandlers } from './operations/saved-filters.ts'
import { createScheduleHandlers } from './operations/schedules.ts'
import { createSystemHandlers } from './operations/system.ts'
import { createTenantDirectory } from './operations/tenant-directory.ts'
import { createTenantHandlers } from './operations/tenants.ts'
import { createTrunkHandlers } from './operations/trunks.ts'
import { startUpkeep, type Upkeep } from './operations/upkeep.ts'
import { createVoiceAgentHandlers } from './operations/voice-agents.ts'
import { readUnsaved, rememberUnsaved } from './operations/unsaved-units.ts'
import { createWebhookEventHandlers } from './operations/webhook-events.ts'
import { createDialectMonitor } from './operations/webhooks/dialect-monitor.ts'
import { createWebhookHandler } from './operations/webhooks/handle-webhook.ts'
import { createReplay } from './operations/webhooks/replay.ts'
import type { Call } from './domain/calls/call.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { EventLog } from './ports/event-log.ts'
import type { RuntimeJournal } from './ports/runtime-state.ts'
import type { Log } from './ports/system.ts'
import type { Server, ServerConfig } from './server-config.ts'

export { DomainError } from './domain/errors.ts'
export { parseRedisUrl } from './adapters/redis/redis-url.ts'
export { StoreOpenError } from './adapters/sqlite/store-errors.ts'
export { findServer } from './adapters/system/running-server.ts'
export type { Access, Actor, Dispatch, EventBus, EventLog, Log, Role }
export { openAccess } from './open-access.ts'
export { openCallHistory, type CallHistory } from './open-call-history.ts'
export type { Server, ServerConfig } from './server-config.ts'

const sweepMs = 15_000
const retryMs = 5000
const metricsMs = 5000
const forgetMs = 600_000
const rebuildMs = 30_000
const dialectMs = 2000
const packMs = 5000
/** Some hundredths of the writer's time. */
const packedAtOnce = 2500
const cloudonixUrl = 'https://api.cloudonix.io'
const answersKeptMs = 24 * 3_600_000
const catchUpMs = 1000
const exportsMs = 5000
const tidyMs = 60_000
const exportLimits: ExportLimits = { mostBytes: 4 * 2 ** 30, keptMs: 72 * 3_600_000, mostPerTenant: 20 }
const retentionMs = 3_600_000
const shrinkMs = 60_000

/** The nodes' common Redis keeps what they count. */
const noJournal = { saveTally: () => undefined, deleteTally: () => undefined, load: () => Promise.resolve([]) }

/** Puts the parts together and listens. Rejects, with everything closed again, when a part cannot start. */
export const startServer = async (config: ServerConfig): Promise<Server> => {
  const log = createLog(config.logLevel ?? 'info')
  const clock = systemClock
  const crypto = systemCrypto
  const startedAtMs = clock.nowMs()
  const masterKey = await loadMasterKey(config.dataDir, config.masterKey)
  const store = await openSqliteStore({
    dataDir: config.dataDir,
    masterKey,
    log,
    appVersion: config.version,
    occupant: config.redisUrl === undefined ? 'server' : 'node',
  })
  const closers: (() => Promise<unknown>)[] = [() => store.close()]
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }

  try {
    const bus = createEventBus()
    const eventLog = createEventLog(bus, { epoch: newId() })
    const health = createHealth(clock, bus)
    const results = createAgentResults()
    const duplicates = countDuplicates(clock)
    const directory = createTenantDirectory(store.configuration, log)
    await directory.loadAll()
    const openCircuits = async (inFlight: readonly Call[]) =>
      toOpenCircuits(await store.calls.openCircuits(), inFlight, directory, clock.nowMs())
    const openEmbedded = async (journal: RuntimeJournal, inFlight: readonly Call[]) =>
      createEmbeddedRuntimeState(journal, inFlight, await openCircuits(inFlight))
    const nodes = createNodeListener({
      bus,
      directory,
      store: store.configuration,
      onMissed: () => eventLog.noteGap(),
      log,
    })
    const catchUp = (): void =>
      void nodes
        .catchUp()
        .catch((error: unknown) =>
          log.error({ err: error }, 'Changes of other nodes could not be read; it is tried again'),
        )
    const shared =
      config.redisUrl === undefined
        ? undefined
        : await openRedis({
            url: config.redisUrl,
            site: await store.meta.claim('installation', newId()),
            masterKey,
            lock: createKeyedLock(),
            inFlight: async () => {
              await store.callLog.flush()
              return store.calls.inFlight()
            },
            find: store.calls.find,
            register: store.nodes,
            openCircuits,
            openLocal: (inFlight) => openEmbedded(noJournal, inFlight),
            newId,
            log,
            steadyMs: clock.steadyMs,
            onLost: (reason) => health.degrade('redis', reason),
            onBack: () => health.recover('redis'),
            onMessage: (message) => void nodes.hear(message as NodeMessage),
            onGap: () => {
              catchUp()
              // It may be that a number was erased.
              eventLog.forget()
              eventLog.noteGap()
            },
            onUnfit: (problem) =>
              problem === undefined ? health.recover('redis_memory') : health.degrade('redis_memory', problem),
          })
    const runtime = shared?.runtime ?? (await openEmbedded(store.journal, await store.calls.inFlight()))
    closers.push(() => (shared ?? runtime).close())
    const events = shared ? telling(bus, shared.channel.publish) : bus
    const changes = shared && (await openChangeLock(config.dataDir))
    closers.push(() => Promise.resolve(changes?.close()))
    /** Knows what others have changed before it changes anything. */
    const amongNodes =
      changes &&
      (<T>(work: () => Promise<T>): Promise<T> =>
        changes.alone(async () => {
          await nodes.catchUp()
          return work()
        }))
    const access = createAccess({
      store: store.access,
      clock,
      crypto,
      newId,
      newSecret,
      log,
      isKnownTenant: (tenantId) => Promise.resolve(directory.byId(tenantId) !== undefined),
    })
    const bootstrap = (): Promise<void> => access.bootstrap(config.bootstrapToken)
    await (changes ? changes.alone(bootstrap) : bootstrap())
    const publicUrl = config.publicUrl?.replace(/\/+$/, '')

    const callLog = rememberUnsaved(store.callLog, log, clock)
    const calls = readUnsaved(store.calls, callLog)
    const dialect = createDialectMonitor(store.dialect, health)
    const webhookDeps = {
      directory,
      runtime,
      calls,
      callLog,
      events,
      health,
      results,
      duplicates,
      dialect,
      clock,
      crypto,
      newId,
      chance: Math.random,
      log,
      publicUrl,
    }
    let isStoreClosed = false
    const isClosing = (): boolean => isStoreClosed
    const webhookApp = buildWebhookApp({ handle: createWebhookHandler(webhookDeps), log, clock, isClosing })
    closers.push(async () => {
      await callLog.retry()
      await store.callLog.flush()
      await dialect
        .flush()
        .catch((error: unknown) => log.error({ err: error }, 'The dialect of webhooks could not be stored'))
      isStoreClosed = true
    })
    closers.push(() => webhookApp.close())
    const webhooksUrl = await listen(webhookApp, config.host, config.port, 'SWITCHYARD_PORT', 'webhooks')

    const configDeps = {
      store: store.configuration,
      directory,
      runtime,
      events,
      clock,
      newId,
      newSecret,
      log,
      publicUrl,
    }
    const exportDeps = {
      store: store.exports,
      source: store.exportSource,
      files: createExportFiles(join(config.dataDir, 'exports')),
      events,
      clock,
      wait: systemWait,
      log,
      limits: { ...exportLimits, ...config.exportLimits },
      nodeId: newId(),
    }
    const exportRunner = createExportRunner(exportDeps)
    if (!shared) await store.exports.release()
    await exportDeps.files.removeOrphans(() => store.exports.withFiles())
    const cloudonix = createCloudonixClient({
      baseUrl: config.cloudonixUrl ?? cloudonixUrl,
      budget: store.requestBudget,
      clock,
      wait: systemWait,
      random: Math.random,
      log,
    })
    const about = {
      version: config.version,
      startedAtMs,
      nodeVersion: process.version,
      dataDir: config.dataDir,
      runtimeState: shared ? ('redis' as const) : ('embedded' as const),
      publicUrl,
      webhookUrl: webhooksUrl,
      demo: config.demo === true,
    }
    const recordsLock = shared && (await openChangeLock(config.dataDir, 'records.lock'))
    closers.push(() => Promise.resolve(recordsLock?.close()))
    const oneAtATime = createKeyedLock()
    const alone = <T>(work: () => Promise<T>): Promise<T> =>
      oneAtATime('', () => (recordsLock ? recordsLock.alone(work) : work()))
    const archives = createArchiveFiles(config.dataDir)
    const retention = createRetentionHandlers({
      retention: store.retention,
      storage: store.storage,
      archives,
      directory,
      clock,
      log,
      alone,
    })
    const erasures = createErasureHandlers({
      ...configDeps,
      erasures: store.erasures,
      exports: store.exports,
      retention: store.retention,
      archives,
      forgetEvents: () => {
        eventLog.forget()
        shared?.channel.tellGap()
      },
      alone,
    })
    await store.erasures.interrupt(clock.nowMs())
    // Erasures under way end before the store does.
    closers.push(erasures.settled)
    const handlers: Handlers = {
      ...createTenantHandlers(configDeps, exportRunner),
      ...createProviderHandlers(configDeps),
      ...createVoiceAgentHandlers({ ...configDeps, results, calls, callLog }),
      ...createAgentGroupHandlers(configDeps),
      ...createInboundRuleHandlers(configDeps),
      ...createOutboundRuleHandlers(configDeps),
      ...createTrunkHandlers(configDeps, cloudonix),
      ...createNumberHandlers(configDeps),
      ...createScheduleHandlers(configDeps),
      ...createSavedFilterHandlers(configDeps),
      ...createExportHandlers({ ...exportDeps, directory, newId, runner: exportRunner }),
      ...createCallHandlers({ calls, callLog, directory, cloudonix, log }),
      ...createAnalyticsHandlers({ analytics: store.analytics, calls, directory, clock, log }),
      ...createCloudonixHandlers(cloudonix, directory),
      ...createRoutingHandlers({ ...configDeps, dryRun: createDryRun(runtime, clock, Math.random), csv: csvText }),
      ...createWebhookEventHandlers({
        calls,
        directory,
        readPayload: readStoredPayload,
        replay: createReplay(webhookDeps, readStoredPayload),
        dialect: store.dialect,
        monitor: dialect,
        log,
      }),
      ...createIdempotencyHandlers({ calls, runtime, duplicates, directory, log }),
      ...erasures.handlers,
      ...retention.handlers,
      ...createSystemHandlers(about, health, runtime, callLog, clock),
    }
    const dispatch = createDispatch(inTurn(handlers, createKeyedLock(), amongNodes), (error, name) =>
      log.error({ operation: name, err: error }, 'An operation failed'),
    )
    const readHealth = async () => health.read(await runtime.liveCallCount(), callLog.backlog())
    const adminApp = await buildAdminApp({
      dispatch,
      authenticate: access.authenticate,
      signIn: access.signIn,
      eventLog,
      isKnownTenant: (id) => directory.byId(id) !== undefined,
      readiness: () => {
        const { status, problems } = health.read(0, callLog.backlog())
        return { ready: status !== 'closing', status, problems }
      },
      metrics: async () => renderMetrics(await readHealth()),
      consoleDir: config.consoleDir,
      allowedHosts: config.adminAllowedHosts,
      log,
      version: config.version,
      secureCookies: false,
    })
    closers.push(() => adminApp.close())
    // Before the listener, which would wait for whoever waits for the platform.
    closers.push(() => cloudonix.close())
    closers.push(() => exportRunner.close())
    const adminUrl = await listen(
      adminApp,
      config.adminHost,
      config.adminPort,
      'SWITCHYARD_ADMIN_PORT',
      'API and console',
    )
    closers.push(await announceServer(config.dataDir, { webhooks: webhooksUrl, admin: adminUrl }))

    const upkeep: Upkeep[] = [
      {
        what: 'Looking for lost calls',
        everyMs: sweepMs,
        isDoneAtStart: true,
        work: async () => {
          const lost = await closeLostCalls(webhookDeps)
          if (lost > 0) log.warn({ lost }, 'Calls of which nothing more was heard were closed as lost')
        },
      },
      {
        what: 'Looking for slots without a call',
        everyMs: sweepMs,
        isDoneAtStart: true,
        work: async () => {
          const freed = await runtime.freeOrphans()
          if (freed > 0) log.warn({ freed }, 'Slots that no call holds any more were given back')
        },
      },
      { what: 'Storing what could not be stored', everyMs: retryMs, work: () => callLog.retry() },
      {
        what: 'Telling the metrics',
        everyMs: metricsMs,
        work: async () => events.publish('metrics.updated', { atMs: clock.nowMs(), health: await readHealth() }),
      },
      { what: 'Making roll-ups anew', everyMs: rebuildMs, isDoneAtStart: true, work: () => store.analytics.rebuild() },
      { what: 'Storing the dialect of webhooks', everyMs: dialectMs, work: dialect.flush },
      {
        what: 'Compressing webhook bodies',
        everyMs: packMs,
        work: () => calls.packWebhookBodies(packedAtOnce),
      },
      { what: 'Looking for exports to go on with', everyMs: exportsMs, isDoneAtStart: true, work: exportRunner.work },
      {
        what: 'Deleting old exports',
        everyMs: tidyMs,
        isDoneAtStart: true,
        work: () => tidyExports(exportDeps, exportRunner),
      },
      { what: 'Archiving and removing old records', everyMs: retentionMs, isDoneAtStart: true, work: retention.run },
      { what: 'Giving free pages back', everyMs: shrinkMs, work: store.storage.shrink },
      {
        what: 'Forgetting old answers',
        everyMs: forgetMs,
        work: () => calls.deleteAnswersBefore(clock.nowMs() - answersKeptMs),
      },
    ]
    const look = { what: 'Looking for changes of other nodes', everyMs: catchUpMs, work: nodes.catchUp }
    closers.push(startUpkeep(shared ? [...upkeep, look] : upkeep, log))
    log.info(
      { webhooks: webhooksUrl, admin: adminUrl, dataDir: config.dataDir, tenants: directory.all().length },
      'Switchyard is ready',
    )
    return {
      urls: { webhooks: webhooksUrl, admin: adminUrl },
      dispatch,
      events,
      eventLog,
      access,
      log,
      signInLink: async () => `${adminUrl}/#/sign-in?code=${await access.createSignInCode()}`,
      async close() {
        log.info({}, 'Switchyard is closing: answering what is under way')
        health.close()
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}
