import type {
  ConfigRepository,
  ConfigurationStore,
  Provider,
  StoredAgent,
  StoredFilter,
  StoredGroup,
  StoredNumber,
  StoredOutboundRule,
  StoredRule,
  StoredSchedule,
  StoredTenant,
  StoredTestCase,
  StoredTrunk,
} from '../../../ports/configuration.ts'
import type { SyncConfigRepository } from '../configuration/config-repository.ts'
import { createRulePageReader } from '../configuration/read-rule-page.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

interface Threads {
  readonly reader: StoreThread<ReaderApi>
  readonly writer: StoreThread<WriterApi>
}

interface Nouns {
  readonly tenants: StoredTenant
  readonly providers: Provider
  readonly voiceAgents: StoredAgent
  readonly agentGroups: StoredGroup
  readonly inboundRules: StoredRule
  readonly outboundRules: StoredOutboundRule
  readonly trunks: StoredTrunk
  readonly numbers: StoredNumber
  readonly schedules: StoredSchedule
  readonly testCases: StoredTestCase
  readonly savedFilters: StoredFilter
}

/** The same five calls for every noun. The casts say what ReaderApi and WriterApi hold under it, which no generic can. */
const createRepository = <N extends keyof Nouns>(threads: Threads, noun: N): ConfigRepository<Nouns[N]> => {
  type Rows = StoreThread<Record<string, SyncConfigRepository<Nouns[N]>>>
  const reader = threads.reader as unknown as Rows
  const writer = threads.writer as unknown as Rows
  return {
    list: (tenantId, query) => reader.call(noun, 'list', tenantId, query),
    get: (tenantId, id) => reader.call(noun, 'get', tenantId, id),
    create: (row) => writer.call(noun, 'create', row),
    update: (row) => writer.call(noun, 'update', row),
    delete: (tenantId, id) => writer.call(noun, 'delete', tenantId, id),
  }
}

const readRulePage = createRulePageReader()

export const createConfigurationStore = (threads: Threads): ConfigurationStore => ({
  tenants: createRepository(threads, 'tenants'),
  providers: createRepository(threads, 'providers'),
  voiceAgents: createRepository(threads, 'voiceAgents'),
  agentGroups: createRepository(threads, 'agentGroups'),
  inboundRules: createRepository(threads, 'inboundRules'),
  outboundRules: createRepository(threads, 'outboundRules'),
  trunks: {
    ...createRepository(threads, 'trunks'),
    bringUpToDate: (tenantId, changed, added) =>
      threads.writer.call('trunks', 'bringUpToDate', tenantId, changed, added),
  },
  numbers: createRepository(threads, 'numbers'),
  schedules: createRepository(threads, 'schedules'),
  testCases: createRepository(threads, 'testCases'),
  savedFilters: createRepository(threads, 'savedFilters'),
  tenantVersions: () => threads.reader.call('tenants', 'versions'),
  bulk: (noun, tenantId, ids, action, nowMs) =>
    threads.writer.call('bulk', 'change', noun, tenantId, ids, action, nowMs),
  reorderRules: (noun, tenantId, ids, nowMs) => threads.writer.call('bulk', 'reorder', noun, tenantId, ids, nowMs),
  usersOf: (tenantId, type, id) => threads.reader.call('configUsers', 'of', tenantId, type, id),
  rulesAfter: async (tenantId, afterRowId, limit) =>
    readRulePage(await threads.reader.call('inboundRules', 'after', tenantId, afterRowId, limit)),
  countCalls: (tenantId) => threads.reader.call('calls', 'count', tenantId),
})
