import type { KeyObject } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import {
  createAuditedSessions,
  createAuditedSiteKeys,
  createAuditedTokens,
  createAuditedUsers,
} from '../audit/audited-access.ts'
import { createAuditedBulk, createAuditedTrunkSync } from '../audit/audited-configuration.ts'
import { createAuditing } from '../audit/audited.ts'
import { createAuditedErasures, createAuditedExports, createAuditedRetention } from '../audit/audited-records.ts'
import { createAuditedTexts } from '../audit/audited-texts.ts'
import { createSqliteSessionRepository } from '../access/session-repository.ts'
import { createSqliteTokenRepository } from '../access/token-repository.ts'
import { createSqliteUserRepository } from '../access/user-repository.ts'
import { createSqliteAgentRepository } from '../configuration/agent-repository.ts'
import { createAnswerWriter } from '../calls/answer-repository.ts'
import { type Batch, type BatchReport, createBatchWriter } from '../calls/batch-writer.ts'
import { createBulkChange, createReorder } from '../configuration/bulk-change.ts'
import { createErasureRepository } from '../erasures/erasure-repository.ts'
import { createErasureWriter } from '../erasures/erasure-writer.ts'
import { createSqliteGroupRepository } from '../configuration/group-repository.ts'
import { createSqliteDialectRepository } from '../webhooks/dialect-repository.ts'
import { createKeyring } from '../keys/keyring.ts'
import { createSiteKeys, openSiteKey } from '../keys/site-key.ts'
import { createSqliteMetaRepository } from '../nodes/meta-repository.ts'
import { migrate } from '../file/migrate.ts'
import { migrations } from '../migrations/index.ts'
import { createSqliteNodeRepository } from '../nodes/node-repository.ts'
import { createSqliteNumberRepository } from '../configuration/number-repository.ts'
import { openDatabase } from '../file/open-database.ts'
import { createSqliteOutboundRuleRepository } from '../configuration/outbound-rule-repository.ts'
import type { PackedUnit } from '../calls/packed-unit.ts'
import { createSqliteProviderRepository } from '../configuration/provider-repository.ts'
import { createSqliteRequestBudget } from '../nodes/request-budget.ts'
import { createRetentionWriter } from '../retention/retention-writer.ts'
import { createRollupRebuild } from '../analytics/rollup-rebuild.ts'
import { createSettling } from '../calls/settling.ts'
import { createScrubWriter } from '../file/scrub-writer.ts'
import { createSqliteRuleRepository } from '../configuration/rule-repository.ts'
import { createSqliteSavedFilterRepository } from '../configuration/saved-filter-repository.ts'
import { createShrink } from '../file/storage-size.ts'
import { createSqliteScheduleRepository } from '../configuration/schedule-repository.ts'
import { createSqliteTestCaseRepository } from '../configuration/test-case-repository.ts'
import { createSqliteTenantRepository } from '../configuration/tenant-repository.ts'
import { DataDirectoryInUseError } from '../errors/store-errors.ts'
import { createSqliteTrunkRepository } from '../configuration/trunk-repository.ts'
import { createTurnTaker } from '../file/take-turn.ts'
import { createTenantPurge } from '../configuration/tenant-purge.ts'
import type { ThreadOptions } from './thread-protocol.ts'
import { createCheckpoints, createExclusiveCopy, type WalState } from '../file/wal-state.ts'
import { createBodyPacker } from '../webhooks/webhook-writer.ts'

/** As long as a migration may take on another node. */
const patienceWithNodesMs = 30_000

/** Of nodes that start at once, the first migrates; until it began, another one finds the schema as it was. */
const migrationBeginsMs = 5000
const lookAgainMs = 100

const migrateInTurn = (db: Database, options: ThreadOptions): void => {
  const giveUpMs = performance.now() + migrationBeginsMs
  for (;;) {
    try {
      migrate(db, migrations, options)
      return
    } catch (error) {
      if (!(error instanceof DataDirectoryInUseError) || performance.now() > giveUpMs) throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookAgainMs)
  }
}

const prepareFile = (db: Database, options: ThreadOptions): KeyObject => {
  migrateInTurn(db, options)
  return openSiteKey(db, options.key, options.file)
}

/** So that batches of the call path are written in between. */
const inSlices = async (slice: () => { rows: number; isDone: boolean }, most = Infinity): Promise<number> => {
  for (let total = 0; ; await setImmediate()) {
    const { rows, isDone } = slice()
    total += rows
    if (isDone || total >= most) return total
  }
}

/** All that changes the file. One thread runs this, so writes have one order. */
export const openWriter = (options: ThreadOptions) => {
  const db = openDatabase(options.file, 'writer', options.isShared ? patienceWithNodesMs : undefined)
  let siteKey: KeyObject
  try {
    siteKey = prepareFile(db, options)
  } catch (error) {
    db.close()
    throw error
  }
  const keyring = createKeyring(db, siteKey)
  const audit = createAuditing(db, keyring, siteKey)
  const texts = createSqliteMetaRepository(db)
  const tenants = audit.noun('tenants', createSqliteTenantRepository(db, keyring), { tenantOf: ({ id }) => id })
  const voiceAgents = createSqliteAgentRepository(db, keyring)
  const inboundRules = createSqliteRuleRepository(db)
  const outboundRules = createSqliteOutboundRuleRepository(db)
  const trunks = createSqliteTrunkRepository(db)
  const erasures = createErasureRepository(db, keyring)
  const answers = createAnswerWriter(db)
  const begin = options.isShared ? createTurnTaker(db) : () => void db.exec('BEGIN IMMEDIATE')
  const bodies = createBodyPacker(db, begin)
  const dialect = createSqliteDialectRepository(db, keyring)
  const checkpoints = createCheckpoints(db)
  const rebuild = createRollupRebuild(db, keyring)
  const exclusively = options.isShared ? createExclusiveCopy(db, options.file) : undefined
  const writeBatch = createBatchWriter(db, keyring, options.isShared)
  const users = createSqliteUserRepository(db)
  const sessions = createAuditedSessions(audit, createSqliteSessionRepository(db))
  const purge = createTenantPurge(db, keyring, writeBatch.forget)

  const api = {
    batch: {
      commit: (batch: Batch<PackedUnit>): BatchReport & { wal: WalState } => ({
        ...writeBatch(batch),
        wal: checkpoints.look(),
      }),
    },
    calls: { settle: createSettling(db, begin) },
    tenants: {
      ...tenants,
      delete: audit.through(tenants.delete, async (site: string | undefined, id: string): Promise<boolean> => {
        await purge(id)
        const isDeleted = tenants.delete(site, id)
        // With calls that came in the meantime.
        writeBatch.forget()
        return isDeleted
      }),
    },
    providers: audit.noun('providers', createSqliteProviderRepository(db)),
    voiceAgents: audit.noun('voiceAgents', voiceAgents),
    agentGroups: audit.noun('agentGroups', createSqliteGroupRepository(db)),
    testCases: audit.noun('testCases', createSqliteTestCaseRepository(db)),
    savedFilters: audit.noun('savedFilters', createSqliteSavedFilterRepository(db)),
    inboundRules: audit.noun('inboundRules', inboundRules),
    outboundRules: audit.noun('outboundRules', outboundRules),
    trunks: {
      ...audit.noun('trunks', trunks, { others: trunks.othersByDefault }),
      bringUpToDate: createAuditedTrunkSync(audit, trunks),
    },
    numbers: audit.noun('numbers', createSqliteNumberRepository(db)),
    schedules: audit.noun('schedules', createSqliteScheduleRepository(db)),
    nodes: createSqliteNodeRepository(db),
    requestBudget: createSqliteRequestBudget(db),
    bulk: createAuditedBulk(
      audit,
      { voiceAgents, inboundRules, outboundRules },
      { change: createBulkChange(db), reorder: createReorder(db) },
    ),
    users: createAuditedUsers(audit, users, sessions),
    tokens: createAuditedTokens(audit, createSqliteTokenRepository(db)),
    sessions,
    answers: {
      dropBefore: (ms: number) => inSlices(() => answers.dropSliceBefore(ms)),
      dropOf: audit.auditedFirst(
        'idempotency',
        (tenantId: string) => ({ action: 'reset', tenantId }),
        (tenantId: string) => {
          const tenant = keyring.find(tenantId)
          return tenant ? inSlices(() => answers.dropSliceOf(tenant.no)) : Promise.resolve(0)
        },
      ),
    },
    exports: createAuditedExports(audit, db, keyring),
    audit: { note: audit.note },
    analytics: rebuild,
    webhookEvents: { packBodies: (most: number) => inSlices(bodies.packSlice, most) },
    dialect: {
      add: dialect.add,
      clear: audit.auditing('webhookDialect', (tell, tenantId: string): number => {
        const forgotten = dialect.clear(tenantId)
        tell({ action: 'reset', tenantId, before: { findings: forgotten } })
        return forgotten
      }),
    },
    erasure: {
      ...createErasureWriter(db, keyring, writeBatch.forget),
      ...erasures,
      ...createAuditedErasures(audit, erasures),
      ...createScrubWriter(db, options.file),
    },
    retention: createAuditedRetention(audit, createRetentionWriter(db, keyring, writeBatch.forget)),
    storage: { shrink: createShrink(db) },
    meta: createAuditedTexts(audit, texts),
    siteKeys: createAuditedSiteKeys(audit, createSiteKeys(db, siteKey)),
    wal: { finish: exclusively?.copy ?? checkpoints.copy },
    thread: {
      close: async (): Promise<void> => {
        await rebuild.stop()
        // Emptying the log would wait for the others that use it.
        if (exclusively) exclusively.close()
        else checkpoints.empty()
        db.close()
      },
    },
  }
  return api
}

export type WriterApi = ReturnType<typeof openWriter>
