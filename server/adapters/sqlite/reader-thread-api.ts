import { createSecretKey } from 'node:crypto'
import { createSqliteAccessRepository } from './access-repository.ts'
import { createSqliteAgentRepository } from './agent-repository.ts'
import { createAnalyticsNames } from './analytics-names.ts'
import { createAnswerCount } from './answer-repository.ts'
import { createSqliteCallRepository } from './call-repository.ts'
import { createCircuitReader } from './circuit-repository.ts'
import type { SyncConfigRepository } from './config-repository.ts'
import { createConfigUsers } from './config-users.ts'
import { createSqliteDialectRepository } from './dialect-repository.ts'
import { createExportReader } from './export-repository.ts'
import { createErasureReader } from './erasure-reader.ts'
import { createErasureRepository } from './erasure-repository.ts'
import { createSqliteGroupRepository } from './group-repository.ts'
import { createJournalReader } from './journal-repository.ts'
import { createKeyring } from './keyring.ts'
import { createSqliteMetaRepository } from './meta-repository.ts'
import { createSqliteNumberRepository } from './number-repository.ts'
import { openDatabase } from './open-database.ts'
import { createSqliteOutboundRuleRepository } from './outbound-rule-repository.ts'
import { createSqliteProviderRepository } from './provider-repository.ts'
import { createQueries } from './query-builder.ts'
import { createResidueReader } from './residue.ts'
import { createRetentionReader } from './retention-reader.ts'
import { createRollupReader } from './rollup-reader.ts'
import { createSqliteRuleRepository } from './rule-repository.ts'
import { createSqliteSavedFilterRepository } from './saved-filter-repository.ts'
import { createSqliteScheduleRepository } from './schedule-repository.ts'
import { createSqliteTestCaseRepository } from './test-case-repository.ts'
import { createSqliteTenantRepository } from './tenant-repository.ts'
import { createSqliteTrunkRepository } from './trunk-repository.ts'
import { createStorageSize } from './storage-size.ts'
import { createTokenSeeder } from './token-seeder.ts'
import { createCheckpoints } from './wal-state.ts'
import { createSqliteWebhookRepository } from './webhook-repository.ts'
import type { ThreadOptions } from './thread-protocol.ts'

const reads = <Row>({ list, get }: SyncConfigRepository<Row>) => ({ list, get })

/** All that only looks and may take its time. In WAL mode no thread waits for another. */
export const openReader = ({ file, masterKey }: ThreadOptions) => {
  const db = openDatabase(file, 'reader')
  const keyring = createKeyring(db, createSecretKey(masterKey))
  const tenants = createSqliteTenantRepository(db, keyring)
  const rules = createSqliteRuleRepository(db)
  const events = createSqliteWebhookRepository(db, keyring, () => performance.now())
  const { tokens, findToken, findSession } = createSqliteAccessRepository(db)
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
    users: { of: createConfigUsers(db) },
    calls: createSqliteCallRepository(db, keyring, events.ofToken, () => performance.now()),
    webhookEvents: { list: events.list, get: events.get },
    dialect: { list: createSqliteDialectRepository(db, keyring).list },
    circuits: createCircuitReader(db, keyring),
    analytics: { ...createRollupReader(db, keyring), ...createAnalyticsNames(db, keyring) },
    exports: createExportReader(db, keyring, createQueries(db)),
    answers: { kept: createAnswerCount(db, keyring) },
    access: { tokens, findToken, findSession },
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
