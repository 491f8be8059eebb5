import { buildAdminApp } from '../adapters/http/build-admin-app.ts'
import { mostConnections, mostOpenFiles } from '../adapters/system/open-files.ts'
import type { Access } from '../operations/access/access.ts'
import type { Dispatch } from '../operations/dispatch.ts'
import { renderMetrics } from '../operations/metrics.ts'
import type { Base } from './base.ts'
import type { HealthReader } from './health.ts'
import type { Tls } from './tls.ts'
import type { Webhooks } from './webhooks.ts'

/** What people and automation reach: API, console, probes and metrics. */
export const buildAdmin = async (
  { config, directory, eventLog, log, onClose }: Base,
  parts: {
    readonly healthReader: HealthReader
    readonly access: Access
    readonly dispatch: Dispatch
    readonly webhooks: Webhooks
    readonly tls: Tls
  },
) => {
  const { access, dispatch, tls } = parts
  const { readHealth, readiness } = parts.healthReader
  const { refusals } = parts.webhooks.deps
  const app = await buildAdminApp({
    dispatch,
    authenticate: access.authenticate,
    signIn: access.signIn,
    eventLog,
    isKnownTenant: (id) => directory.byId(id) !== undefined,
    readiness,
    metrics: async () => renderMetrics(await readHealth(), refusals.all()),
    consoleDir: config.consoleDir,
    allowedHosts: config.adminAllowedHosts,
    log,
    version: config.version,
    secureCookies: tls.admin !== undefined,
    tls: tls.admin,
    trustedProxies: config.trustedProxies,
    mostConnections: mostConnections(mostOpenFiles()).admin,
  })
  onClose(() => app.close())
  return app
}
