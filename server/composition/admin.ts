import { buildAdminApp } from '../adapters/http/build-admin-app.ts'
import type { Access } from '../operations/access/access.ts'
import type { Dispatch } from '../operations/dispatch.ts'
import { renderMetrics } from '../operations/metrics.ts'
import type { Base } from './base.ts'
import type { HealthReader } from './health.ts'
import type { Webhooks } from './webhooks.ts'

/** What people and automation reach: API, console, probes and metrics. */
export const buildAdmin = async (
  { config, directory, eventLog, log, onClose }: Base,
  { readHealth, readiness }: HealthReader,
  access: Access,
  dispatch: Dispatch,
  { deps: { refusals } }: Webhooks,
) => {
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
    secureCookies: false,
  })
  onClose(() => app.close())
  return app
}
