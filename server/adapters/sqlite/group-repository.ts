import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import type { Member, StoredGroup } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import { bit, json, parse, parseGiven } from './rows.ts'
import { errorCode } from './store-errors.ts'
import { targetId } from './target-id.ts'
import { inTransaction } from './transaction.ts'

interface GroupRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly strategy: StoredGroup['strategy']
  readonly settings: string
  readonly fallback: string | null
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

interface MemberRow {
  readonly agent_id: string
  readonly priority: number
  readonly weight: number
  readonly position: number
  readonly enabled: number
  readonly ring_timeout_seconds: number | null
}

const createMemberTable = (db: Database) => {
  const all = db.prepare<[string, string], MemberRow>(
    'SELECT agent_id, priority, weight, position, enabled, ring_timeout_seconds FROM agent_group_memberships WHERE tenant_id = ? AND group_id = ? ORDER BY position, agent_id',
  )
  const clear = db.prepare('DELETE FROM agent_group_memberships WHERE tenant_id = ? AND group_id = ?')
  const insert = db.prepare(
    'INSERT INTO agent_group_memberships (tenant_id, group_id, agent_id, priority, weight, position, enabled, ring_timeout_seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const add = ({ tenantId, id, name }: StoredGroup, member: Member) => {
    const { agentId, priority, weight, position, enabled, ringTimeoutSeconds } = member
    try {
      insert.run(tenantId, id, agentId, priority, weight, position, bit(enabled), ringTimeoutSeconds ?? null)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY')
        throw new DomainError('INVALID_INPUT', `Group "${name}" names voice agent ${agentId}, which does not exist`)
      if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
        throw new DomainError('INVALID_INPUT', `Group "${name}" names voice agent ${agentId} twice`)
      throw error
    }
  }
  return {
    read: (tenantId: string, groupId: string): Member[] =>
      all
        .all(tenantId, groupId)
        .map(({ agent_id: agentId, priority, weight, position, enabled, ring_timeout_seconds }) => ({
          agentId,
          priority,
          weight,
          position,
          enabled: enabled === 1,
          ...(ring_timeout_seconds !== null && { ringTimeoutSeconds: ring_timeout_seconds }),
        })),
    replace: (group: StoredGroup): void => {
      clear.run(group.tenantId, group.id)
      for (const member of group.members) add(group, member)
    },
  }
}

export const createSqliteGroupRepository = (db: Database): SyncConfigRepository<StoredGroup> => {
  const bump = createVersionBump(db)
  const members = createMemberTable(db)
  const one = db.prepare<[string, string], GroupRow>('SELECT * FROM agent_groups WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO agent_groups (tenant_id, id, name, strategy, settings, fallback, fallback_id, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :strategy, :settings, :fallback, :fallbackId, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE agent_groups SET name = :name, strategy = :strategy, settings = :settings, fallback = :fallback,
  fallback_id = :fallbackId, version = :version, updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM agent_groups WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<GroupRow>(db, {
    table: 'agent_groups',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name', 'strategy'],
    filters: { strategy: 'strategy', name: 'name' },
  })

  const columns = ({ members: _members, ...group }: StoredGroup) => ({
    ...group,
    settings: json(group.settings),
    fallback: json(group.fallback),
    fallbackId: targetId(group.fallback),
  })
  const toGroup = (row: GroupRow): StoredGroup => ({
    id: row.id,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tenantId: row.tenant_id,
    name: row.name,
    strategy: row.strategy,
    settings: parse(row.settings),
    fallback: parseGiven(row.fallback),
    members: members.read(row.tenant_id, row.id),
  })
  const taken = <T>({ name }: StoredGroup, write: () => T) =>
    refuseTaken(write, 'name', `There is already an agent group named "${name}"; choose another name`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toGroup),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toGroup(row)
    },
    create: inTransaction(db, (group: StoredGroup) => {
      bump.besideRules(group.tenantId)
      taken(group, () => insert.run(columns(group)))
      members.replace(group)
    }),
    update: inTransaction(db, (group: StoredGroup) => {
      if (taken(group, () => change.run(columns(group))).changes === 0) return false
      members.replace(group)
      bump.besideRules(group.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
  }
}
