import { atCommandLine } from './at-command-line.ts'
import { loadMasterKey } from './adapters/sqlite/keys/master-key.ts'
import { openSqliteStore } from './adapters/sqlite/open-sqlite-store.ts'
import { createLog } from './adapters/system/log.ts'
import { composeAccess } from './composition/access.ts'
import type { Access } from './operations/access/access.ts'
import type { ServerConfig } from './server-config.ts'

/** Opens the store alone, for commands that need no running server. */
export const openAccess = async (
  config: Pick<ServerConfig, 'dataDir' | 'masterKey' | 'logLevel'>,
): Promise<{ access: Access; close(): Promise<void> }> => {
  const log = createLog(config.logLevel ?? 'warn')
  const masterKey = await loadMasterKey(config.dataDir, config.masterKey)
  const store = await openSqliteStore({
    dataDir: config.dataDir,
    masterKey,
    log,
    isInline: true,
    provenance: { current: () => atCommandLine },
  })
  const access = composeAccess(store, {
    log,
    isKnownTenant: async (tenantId) => (await store.configuration.tenants.get(undefined, tenantId)) !== undefined,
  })
  return { access, close: () => store.close() }
}
