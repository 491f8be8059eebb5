import Database from 'better-sqlite3'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseFile } from '../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../server/adapters/sqlite/open-sqlite-store.ts'
import { createSqliteRuleRepository } from '../server/adapters/sqlite/configuration/rule-repository.ts'
import type { StoredAgent, StoredGroup, StoredRule, StoredTenant } from '../server/ports/configuration.ts'
import type { Log } from '../server/ports/system.ts'
import type { StrategyName } from '../shared/vocabulary.ts'

/** A site of the size that the targets name: what the benchmarks route over. */
const agentCount = 1000
const groupCount = 100
const membersPerGroup = agentCount / groupCount

const atMs = 1_764_000_000_000
const row = { version: 1, createdAtMs: atMs, updatedAtMs: atMs }
export const tenantId = 'bench-tenant-0000001'
export const tenantKey = 'bench-tenant-key-0123456789abcdef'
export const webhookApiKey = 'bench-webhook-api-key-0123456789'

export const benchTenant: StoredTenant = {
  ...row,
  id: tenantId,
  name: 'Bench',
  domain: 'bench.cloudonix.net',
  domainAliases: [],
  timeZone: 'UTC',
  defaultCountry: 'US',
  settings: {},
  tenantKey,
  previousKeys: [],
  webhookApiKey,
  signingKeys: [{ id: 'k1', secret: Buffer.alloc(32, 7).toString('base64url') }],
  configVersion: 1,
  rulesVersion: 1,
}

const idOf = (noun: string, n: number): string => `${noun}-${String(n).padStart(19 - noun.length, '0')}`

export const benchAgents = (): StoredAgent[] =>
  Array.from({ length: agentCount }, (_, n) => ({
    ...row,
    id: idOf('agent', n),
    tenantId,
    name: `Agent ${n}`,
    provider: 'vapi',
    value: `+1999${String(n).padStart(7, '0')}`,
    enabled: true,
    draining: false,
    circuitOverride: 'auto',
    tags: [],
    metadata: {},
  }))

const strategyNames: readonly StrategyName[] = ['load_balanced', 'round_robin', 'priority']

export const benchGroups = (): StoredGroup[] =>
  Array.from({ length: groupCount }, (_, n) => ({
    ...row,
    id: idOf('group', n),
    tenantId,
    name: `Group ${n}`,
    strategy: strategyNames[n % strategyNames.length] ?? 'load_balanced',
    settings: { windowHours: 24, maxAttempts: 3 },
    members: Array.from({ length: membersPerGroup }, (_, m) => ({
      agentId: idOf('agent', n * membersPerGroup + m),
      priority: 1 + (m % 2),
      weight: 1 + (m % 3),
      position: m + 1,
      enabled: true,
    })),
  }))

/** The number of the n-th rule, spread over the whole numbering space. */
export const numberOf = (n: number): string => `+1${String(2_000_000_000 + ((n * 7_368_787) % 8_000_000_000))}`

/** Two prefixes of 8 to 10 digits for each exact number; every rule leads to a group. */
export const ruleOf = (n: number): StoredRule => ({
  ...row,
  id: idOf('rule', n),
  tenantId,
  name: `Rule ${n}`,
  pattern: n % 3 === 0 ? numberOf(n) : `${numberOf(n).slice(0, 9 + (n % 3))}*`,
  target: { type: 'group', id: idOf('group', n % groupCount) },
  priority: 100,
  enabled: true,
})

export const quiet: Log = { info: () => undefined, warn: console.warn, error: console.error }

export interface Site {
  readonly dataDir: string
  remove(): Promise<void>
}

/** A data directory with such a site in it. Rules go past the API, which would take minutes for a million. */
export const makeSite = async (ruleCount: number): Promise<Site> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
  const store = await openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: quiet })
  const { tenants, voiceAgents, agentGroups } = store.configuration
  await tenants.create(benchTenant)
  await Promise.all(benchAgents().map((agent) => voiceAgents.create(agent)))
  await Promise.all(benchGroups().map((group) => agentGroups.create(group)))
  await store.close()

  const db = new Database(databaseFile(dataDir))
  const rules = createSqliteRuleRepository(db)
  db.transaction(() => {
    for (let n = 0; n < ruleCount; n += 1) rules.create(ruleOf(n))
  })()
  db.close()
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) }
}
