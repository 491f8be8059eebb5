import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredAgent } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import type { Keyring } from './keyring.ts'
import { bit, given, json, parse } from './rows.ts'
import { seal, unsealText } from '../../sealing/sealing.ts'
import { inTransaction } from './transaction.ts'

interface AgentRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly provider: string
  readonly value: string
  readonly username: string | null
  readonly password: Buffer | null
  readonly enabled: number
  readonly max_concurrent_calls: number | null
  readonly schedule_id: string | null
  readonly draining: number
  readonly circuit_override: StoredAgent['circuitOverride']
  readonly tags: string
  readonly metadata: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const passwordPlace = (tenantId: string, id: string) => `voice_agents.password.${tenantId}.${id}`

export const createSqliteAgentRepository = (db: Database, keyring: Keyring): SyncConfigRepository<StoredAgent> => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string, string], AgentRow>('SELECT * FROM voice_agents WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO voice_agents (tenant_id, id, name, provider, value, username, password, enabled, max_concurrent_calls, schedule_id,
  draining, circuit_override, tags, metadata, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :provider, :value, :username, :password, :enabled, :maxConcurrentCalls, :scheduleId,
  :draining, :circuitOverride, :tags, :metadata, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE voice_agents SET name = :name, provider = :provider, value = :value, username = :username, password = :password,
  enabled = :enabled, max_concurrent_calls = :maxConcurrentCalls, schedule_id = :scheduleId, draining = :draining,
  circuit_override = :circuitOverride, tags = :tags, metadata = :metadata, version = :version,
  updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM voice_agents WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<AgentRow>(db, {
    table: 'voice_agents',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name', 'provider', 'value', 'tags'],
    filters: { provider: 'provider', enabled: 'enabled', name: 'name' },
  })

  const columns = (agent: StoredAgent) => ({
    ...agent,
    username: agent.username ?? null,
    password:
      agent.password === undefined
        ? null
        : seal(keyring.of(agent.tenantId).dataKey, agent.password, passwordPlace(agent.tenantId, agent.id)),
    enabled: bit(agent.enabled),
    maxConcurrentCalls: agent.maxConcurrentCalls ?? null,
    scheduleId: agent.scheduleId ?? null,
    draining: bit(agent.draining),
    tags: json(agent.tags),
    metadata: json(agent.metadata),
  })
  const toAgent = (row: AgentRow): StoredAgent => ({
    id: row.id,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tenantId: row.tenant_id,
    name: row.name,
    provider: row.provider,
    value: row.value,
    username: given(row.username),
    password: row.password
      ? unsealText(keyring.of(row.tenant_id).dataKey, row.password, passwordPlace(row.tenant_id, row.id))
      : undefined,
    enabled: row.enabled === 1,
    maxConcurrentCalls: given(row.max_concurrent_calls),
    scheduleId: given(row.schedule_id),
    draining: row.draining === 1,
    circuitOverride: row.circuit_override,
    tags: parse(row.tags),
    metadata: parse(row.metadata),
  })
  const taken = <T>({ name }: StoredAgent, write: () => T) =>
    refuseTaken(write, 'name', `There is already a voice agent named "${name}"; choose another name`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toAgent),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toAgent(row)
    },
    create: inTransaction(db, (agent: StoredAgent) => {
      bump.besideRules(agent.tenantId)
      taken(agent, () => insert.run(columns(agent)))
    }),
    update: inTransaction(db, (agent: StoredAgent) => {
      if (!one.get(agent.tenantId, agent.id)) return false
      if (taken(agent, () => change.run(columns(agent))).changes === 0) return false
      bump.besideRules(agent.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
  }
}
