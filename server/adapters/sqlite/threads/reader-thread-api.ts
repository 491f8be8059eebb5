import { createSqliteSessionRepository } from '../access/session-repository.ts'
import { createSqliteTokenRepository } from '../access/token-repository.ts'
import { createSqliteUserRepository } from '../access/user-repository.ts'
import { createSqliteAgentRepository } from '../configuration/agent-repository.ts'
import { createAnalyticsNames } from '../analytics/analytics-names.ts'
import { createAuditReader } from '../audit/audit-reader.ts'
import { createAnswerCount } from '../calls/answer-repository.ts'
import { createSqliteCallRepository } from '../call-list/call-repository.ts'
import { createCircuitReader } from '../calls/circuit-repository.ts'
import type { SyncConfigRepository } from '../configuration/config-repository.ts'
import { createConfigUsers } from '../configuration/config-users.ts'
import { createSqliteDialectRepository } from '../webhooks/dialect-repository.ts'
import { createExportReader } from '../exports/export-repository.ts'
import { createErasureReader } from '../erasures/erasure-reader.ts'
import { createErasureRepository } from '../erasures/erasure-repository.ts'
import { createSqliteGroupRepository } from '../configuration/group-repository.ts'
import { createJournalReader } from '../calls/journal-repository.ts'
import { createKeyring } from '../keys/keyring.ts'
import { readSiteKey } from '../keys/site-key.ts'
import { createSqliteMetaRepository } from '../nodes/meta-repository.ts'
import { createSqliteNumberRepository } from '../configuration/number-repository.ts'
import { openDatabase } from '../file/open-database.ts'
import { createSqliteOutboundRuleRepository } from '../configuration/outbound-rule-repository.ts'
import { createSqliteProviderRepository } from '../configuration/provider-repository.ts'
import { createQueries } from '../query/query-builder.ts'
import { createResidueReader } from '../file/residue.ts'
import { createRetentionReader } from '../retention/retention-reader.ts'
import { createRollupReader } from '../analytics/rollup-reader.ts'
import { createSqliteRuleRepository } from '../configuration/rule-repository.ts'
import { createSqliteSavedFilterRepository } from '../configuration/saved-filter-repository.ts'
import { createSqliteScheduleRepository } from '../configuration/schedule-repository.ts'
import { createSqliteTestCaseRepository } from '../configuration/test-case-repository.ts'
import { createSqliteTenantRepository } from '../configuration/tenant-repository.ts'
import { createSqliteTrunkRepository } from '../configuration/trunk-repository.ts'
import { createStorageSize } from '../file/storage-size.ts'
import { createTokenSeeder } from '../calls/token-seeder.ts'
import { createCheckpoints } from '../file/wal-state.ts'
import { createSqliteWebhookRepository } from '../webhooks/webhook-repository.ts'
import type { ThreadOptions } from './thread-protocol.ts'

const reads = <Row>({ list, get }: SyncConfigRepository<Row>) => ({ list, get })

/** All that only looks and may take its time. In WAL mode no thread waits for another. */
export const openReader = ({ file, key }: ThreadOptions) => {
  const db = openDatabase(file, 'reader')
  const keyring = createKeyring(db, readSiteKey(db, key, file))
  const tenants = createSqliteTenantRepository(db, keyring)
  const rules = createSqliteRuleRepository(db)
  const events = createSqliteWebhookRepository(db, keyring, () => performance.now())
  const users = createSqliteUserRepository(db)
  const { find: findToken, all: allTokens } = createSqliteTokenRepository(db)
  const { find: findSession, byId: sessionById, hasCode } = createSqliteSessionRepository(db)
  return {
    tenants: { ...reads(tenants), versions: tenants.versions },
    providers: reads(createSqliteProviderRepository(db)),
    voiceAgents: reads(createSqliteAgentRepository(db, keyring)),
    agentGroups: reads(createSqliteGroupRepository(db)),
    testCases: reads(createSqliteTestCaseRepository(db)),
    savedFilters: reads(createSqliteSavedFilterRepository(db)),
    inboundRules: { ...reads(rules), after: rules.after },
    outboundRules: reads(createSqliteOutboundRuleRepository(db)),
    trunks: reads(createSqliteTrunkRepository(db)),
    numbers: reads(createSqliteNumberRepository(db)),
    schedules: reads(createSqliteScheduleRepository(db)),
    configUsers: { of: createConfigUsers(db) },
    calls: createSqliteCallRepository(db, keyring, events.ofToken, () => performance.now()),
    webhookEvents: { list: events.list, get: events.get },
    dialect: { list: createSqliteDialectRepository(db, keyring).list },
    circuits: createCircuitReader(db, keyring),
    analytics: { ...createRollupReader(db, keyring), ...createAnalyticsNames(db, keyring) },
    audit: createAuditReader(db, createQueries(db)),
    exports: createExportReader(db, keyring, createQueries(db)),
    answers: { kept: createAnswerCount(db, keyring) },
    users: { ...reads(users), byEmail: users.byEmail },
    tokens: { find: findToken, all: allTokens },
    sessions: { find: findSession, byId: sessionById, hasCode },
    journal: { load: createJournalReader(db) },
    erasure: {
      find: createErasureReader(db, keyring),
      ...createErasureRepository(db, keyring),
      residue: createResidueReader(db),
    },
    storage: { size: createStorageSize(db, file) },
    retention: createRetentionReader(db, keyring),
    seenTokens: createTokenSeeder(db),
    meta: { get: createSqliteMetaRepository(db).get },
    wal: { copy: createCheckpoints(db).copy },
    thread: { close: (): void => void db.close() },
  }
}

export type ReaderApi = ReturnType<typeof openReader>
