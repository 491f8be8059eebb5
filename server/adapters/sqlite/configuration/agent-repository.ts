import type { Database } from 'better-sqlite3'
import { seal, unsealText } from '../../../sealing/sealing.ts'
import type { StoredAgent } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import type { Keyring } from '../keys/keyring.ts'
import { byName, createNounRepository, createNounTable } from './noun-repository.ts'
import { bit, given, json, parse } from '../query/rows.ts'

interface Cells {
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
}

const passwordPlace = (tenantId: string, id: string) => `voice_agents.password.${tenantId}.${id}`

export const createSqliteAgentRepository = (db: Database, keyring: Keyring): SyncConfigRepository<StoredAgent> =>
  createNounRepository(
    db,
    createNounTable<StoredAgent, Cells>(db, {
      table: 'voice_agents',
      cells: {
        name: (agent) => agent.name,
        provider: (agent) => agent.provider,
        value: (agent) => agent.value,
        username: (agent) => agent.username ?? null,
        password: ({ tenantId, id, password }) =>
          password === undefined ? null : seal(keyring.of(tenantId).dataKey, password, passwordPlace(tenantId, id)),
        enabled: (agent) => bit(agent.enabled),
        max_concurrent_calls: (agent) => agent.maxConcurrentCalls ?? null,
        schedule_id: (agent) => agent.scheduleId ?? null,
        draining: (agent) => bit(agent.draining),
        circuit_override: (agent) => agent.circuitOverride,
        tags: (agent) => json(agent.tags),
        metadata: (agent) => json(agent.metadata),
      },
      read: (cells) => ({
        name: cells.name,
        provider: cells.provider,
        value: cells.value,
        username: given(cells.username),
        password: cells.password
          ? unsealText(keyring.of(cells.tenant_id).dataKey, cells.password, passwordPlace(cells.tenant_id, cells.id))
          : undefined,
        enabled: cells.enabled === 1,
        maxConcurrentCalls: given(cells.max_concurrent_calls),
        scheduleId: given(cells.schedule_id),
        draining: cells.draining === 1,
        circuitOverride: cells.circuit_override,
        tags: parse(cells.tags),
        metadata: parse(cells.metadata),
      }),
      taken: { name: ({ name }) => `There is already a voice agent named "${name}"; choose another name` },
      order: byName,
      search: ['name', 'provider', 'value', 'tags'],
      filters: { provider: 'provider', enabled: 'enabled', name: 'name' },
    }),
    { bump: createVersionBump(db).besideRules },
  )
