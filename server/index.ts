import type { Actor } from '../shared/contract/index.ts'
import type { Role } from '../shared/vocabulary.ts'
import { listen } from './adapters/http/listen.ts'
import { announceServer } from './adapters/system/running-server.ts'
import { composeAccess } from './composition/access.ts'
import { buildAdmin } from './composition/admin.ts'
import { openBase } from './composition/base.ts'
import { createCloudonix } from './composition/cloudonix.ts'
import { createClosing } from './composition/closing.ts'
import { openExports } from './composition/exports.ts'
import { createHealthReader } from './composition/health.ts'
import { createOperations } from './composition/operations.ts'
import { openRetention } from './composition/retention.ts'
import { openRuntimeState } from './composition/runtime-state.ts'
import { openTls } from './composition/tls.ts'
import { listUpkeep } from './composition/upkeep.ts'
import { createWebhooks } from './composition/webhooks.ts'
import type { Access } from './operations/access/access.ts'
import type { Dispatch } from './operations/dispatch.ts'
import { startUpkeep } from './operations/upkeep.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { EventLog } from './ports/event-log.ts'
import type { Log } from './ports/system.ts'
import type { Server, ServerConfig } from './server-config.ts'

export { DomainError } from './domain/errors.ts'
export { parseRedisUrl } from './adapters/redis/redis-url.ts'
export { StoreOpenError } from './adapters/sqlite/errors/store-errors.ts'
export { findServer } from './adapters/system/running-server.ts'
export type { Access, Actor, Dispatch, EventBus, EventLog, Log, Role }
export { openAccess } from './open-access.ts'
export { changeMasterKey, newKeyVariable } from './change-master-key.ts'
export { openCallHistory, type CallHistory } from './open-call-history.ts'
export type { Server, ServerConfig } from './server-config.ts'

/** Puts the parts together and listens. Rejects, with everything closed again, when a part cannot start. */
export const startServer = async (config: ServerConfig): Promise<Server> => {
  const { onClose, closeAll } = createClosing()
  try {
    const base = await openBase(config, onClose)
    const { store, directory, eventLog, health, log, provenance, refusals } = base
    const running = await openRuntimeState(base)
    const access = composeAccess(store, {
      log,
      isKnownTenant: (tenantId) => Promise.resolve(directory.byId(tenantId) !== undefined),
      provenance,
      refusals,
    })
    const bootstrap = (): Promise<void> => access.tokens.bootstrap(config.bootstrapToken)
    await (running.nodes ? running.nodes.alone(bootstrap) : bootstrap())

    const tls = await openTls(base)
    const webhooks = createWebhooks(base, running, tls)
    const webhooksUrl = await listen(webhooks.app, config.host, config.port, 'SWITCHYARD_PORT', 'webhooks')

    const exports = await openExports(base, running)
    const retention = await openRetention(base, running, { exports, webhooks })
    const cloudonix = createCloudonix(base)
    const dispatch = createOperations(base, running, {
      webhooks,
      webhooksUrl,
      exports,
      retention,
      cloudonix,
      access,
    })

    const healthReader = createHealthReader(base, running, webhooks)
    const admin = await buildAdmin(base, { healthReader, access, dispatch, webhooks, tls })
    // Before the listener, which would wait for whoever waits for the platform.
    onClose(() => cloudonix.close())
    onClose(() => exports.runner.close())
    const adminUrl = await listen(admin, config.adminHost, config.adminPort, 'SWITCHYARD_ADMIN_PORT', 'API and console')
    const urls = { webhooks: webhooksUrl, admin: adminUrl }
    onClose(await announceServer(config.dataDir, urls))

    const { readHealth } = healthReader
    onClose(startUpkeep(listUpkeep(base, running, { webhooks, exports, retention, tls, readHealth }), log))
    log.info({ ...urls, dataDir: config.dataDir, tenants: directory.all().length }, 'Switchyard is ready')
    return {
      urls,
      dispatch,
      events: running.events,
      eventLog,
      access,
      log,
      signInLink: async () => `${adminUrl}/#/sign-in?code=${(await access.signIn.createCode()).code}`,
      async reloadTls() {
        await tls.reload()
        return tls.isInUse
      },
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
