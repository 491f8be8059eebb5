import type { Database } from 'better-sqlite3'
import { DomainError } from '../../../domain/errors.ts'
import type { Member, StoredGroup } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { byName, createNounRepository, createNounTable } from './noun-repository.ts'
import { bit, json, parse, parseGiven } from '../query/rows.ts'
import { errorCode } from '../errors/store-errors.ts'
import { targetId } from './target-id.ts'

interface Cells {
  readonly name: string
  readonly strategy: StoredGroup['strategy']
  readonly settings: string
  readonly fallback: string | null
  readonly fallback_id: string | null
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
  const members = createMemberTable(db)
  const table = createNounTable<StoredGroup, Cells>(db, {
    table: 'agent_groups',
    cells: {
      name: (group) => group.name,
      strategy: (group) => group.strategy,
      settings: (group) => json(group.settings),
      fallback: (group) => json(group.fallback),
      fallback_id: (group) => targetId(group.fallback),
    },
    read: (cells) => ({
      name: cells.name,
      strategy: cells.strategy,
      settings: parse(cells.settings),
      fallback: parseGiven(cells.fallback),
      members: members.read(cells.tenant_id, cells.id),
    }),
    taken: { name: ({ name }) => `There is already an agent group named "${name}"; choose another name` },
    order: byName,
    search: ['name', 'strategy'],
    filters: { strategy: 'strategy', name: 'name' },
  })
  return createNounRepository(db, table, { bump: createVersionBump(db).besideRules, after: members.replace })
}
