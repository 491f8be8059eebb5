import { openBulkLog } from './adapters/sqlite/calls/bulk-log.ts'
import { loadMasterKey } from './adapters/sqlite/keys/master-key.ts'
import { openSqliteStore } from './adapters/sqlite/open-sqlite-store.ts'
import { createLog } from './adapters/system/log.ts'
import { DomainError } from './domain/errors.ts'
import type { CallFilter, UnitOfWork } from './ports/call-store.ts'
import type { ConfigRepository } from './ports/configuration.ts'

/** The call records of a data directory and what calls go by in it, for commands that write calls of the past. */
export interface CallHistory {
  /** The tenant with this id; without one the only tenant there is. Throws a DomainError that names the way out. */
  readConfiguration(tenantId: string | undefined): Promise<CallConfiguration>
  /** Whether a call of the tenant began in that time. */
  hasCalls(tenantId: string, time: Required<Pick<CallFilter, 'startMs' | 'endMs'>>): Promise<boolean>
  /** In one transaction. Throws when one could not be written; then the others are. */
  write(units: readonly UnitOfWork[]): void
  close(): Promise<void>
}
export type CallConfiguration = Awaited<ReturnType<typeof readConfiguration>>

type Store = Awaited<ReturnType<typeof openSqliteStore>>

const pageSize = 200

const readAll = async <Row>(repository: ConfigRepository<Row>, tenantId: string | undefined): Promise<Row[]> => {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page = await repository.list(tenantId, { limit: pageSize, cursor })
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return rows
}

const findTenant = async ({ tenants }: Store['configuration'], id: string | undefined) => {
  const all = await readAll(tenants, undefined)
  const [first] = id === undefined ? all : all.filter((tenant) => tenant.id === id)
  if (first && (id !== undefined || all.length === 1)) return first
  const names = all.map((tenant) => `${tenant.id} (${tenant.name})`).join(', ')
  if (first) throw new DomainError('INVALID_INPUT', `There are several tenants; name one with --tenant: ${names}`)
  throw new DomainError(
    'NOT_FOUND',
    all.length > 0
      ? `There is no tenant ${id ?? ''}. There is ${names}`
      : 'There is no tenant yet. Start the server once and make one, or let --sample-configuration do it',
  )
}

/** Of rules, of which there may be a million, the first ones are enough. */
const readConfiguration = async ({ configuration }: Store, tenantId: string | undefined) => {
  const { voiceAgents, agentGroups, inboundRules, outboundRules, trunks, numbers } = configuration
  const tenant = await findTenant(configuration, tenantId)
  return {
    tenant,
    agents: await readAll(voiceAgents, tenant.id),
    groups: await readAll(agentGroups, tenant.id),
    inboundRules: (await inboundRules.list(tenant.id, { limit: pageSize })).items,
    outboundRules: (await outboundRules.list(tenant.id, { limit: pageSize })).items,
    trunks: await readAll(trunks, tenant.id),
    numbers: (await numbers.list(tenant.id, { limit: pageSize })).items,
  }
}

/**
 * Opens a data directory that no server works in. Rejects with a StoreOpenError whose message names the way out, a
 * DataDirectoryInUseError where one does.
 */
export const openCallHistory = async (config: {
  readonly version: string
  readonly dataDir: string
  readonly masterKey?: string | undefined
  readonly logLevel?: string | undefined
}): Promise<CallHistory> => {
  const { dataDir, version: appVersion } = config
  const masterKey = await loadMasterKey(dataDir, config.masterKey)
  const log = createLog(config.logLevel ?? 'warn')
  const store = await openSqliteStore({ dataDir, masterKey, log, appVersion, occupant: 'server' })
  const bulk = openBulkLog(dataDir, masterKey)
  return {
    readConfiguration: (tenantId) => readConfiguration(store, tenantId),
    hasCalls: async (tenantId, time) => (await store.calls.list(tenantId, time, { limit: 1 })).items.length > 0,
    write: bulk.write,
    close: async () => {
      try {
        bulk.close()
      } finally {
        await store.close()
      }
    },
  }
}
