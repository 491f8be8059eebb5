import type { Database } from 'better-sqlite3'
import { createVersionBump } from './config-repository.ts'
import { inTransaction } from '../file/transaction.ts'

const ruleTables = { inboundRules: 'inbound_routing_rules', outboundRules: 'outbound_routing_rules' } as const
const tables = { voiceAgents: 'voice_agents', ...ruleTables } as const

/** Many rows of a noun in one transaction; answers how many there were. */
export const createBulkChange = (db: Database) => {
  const bump = createVersionBump(db)
  const prepare = (table: string) => ({
    set: db.prepare(
      `UPDATE ${table} SET enabled = ?, version = version + 1, updated_at_ms = ? WHERE tenant_id = ? AND id = ?`,
    ),
    remove: db.prepare(`DELETE FROM ${table} WHERE tenant_id = ? AND id = ?`),
  })
  const statements = {
    voiceAgents: prepare(tables.voiceAgents),
    inboundRules: prepare(tables.inboundRules),
    outboundRules: prepare(tables.outboundRules),
  }

  return inTransaction(
    db,
    (
      noun: keyof typeof tables,
      tenantId: string,
      ids: readonly string[],
      action: 'enable' | 'disable' | 'delete',
      nowMs: number,
    ): number => {
      if (noun === 'inboundRules') bump.ofRules(tenantId)
      else bump.besideRules(tenantId)
      const { set, remove } = statements[noun]
      const change = (id: string) =>
        action === 'delete' ? remove.run(tenantId, id) : set.run(action === 'enable' ? 1 : 0, nowMs, tenantId, id)
      return ids.reduce((changed, id) => changed + change(id).changes, 0)
    },
  )
}

/** Gives rules the priorities 10, 20, 30 … in the order named; answers how many there were. */
export const createReorder = (db: Database) => {
  const bump = createVersionBump(db)
  const prepare = (table: string) =>
    db.prepare(
      `UPDATE ${table} SET priority = ?, version = version + 1, updated_at_ms = ? WHERE tenant_id = ? AND id = ?`,
    )
  const statements = {
    inboundRules: prepare(ruleTables.inboundRules),
    outboundRules: prepare(ruleTables.outboundRules),
  }

  return inTransaction(
    db,
    (noun: keyof typeof ruleTables, tenantId: string, ids: readonly string[], nowMs: number): number => {
      if (noun === 'inboundRules') bump.ofRules(tenantId)
      else bump.besideRules(tenantId)
      return ids.reduce(
        (changed, id, index) => changed + statements[noun].run((index + 1) * 10, nowMs, tenantId, id).changes,
        0,
      )
    },
  )
}
