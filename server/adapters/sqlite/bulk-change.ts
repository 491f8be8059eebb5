import type { Database } from 'better-sqlite3'
import { createVersionBump } from './config-repository.ts'
import { inTransaction } from './transaction.ts'

const tables = { voiceAgents: 'voice_agents', inboundRules: 'inbound_routing_rules' } as const

/** Many rows of a noun in one transaction; answers how many there were. */
export const createBulkChange = (db: Database) => {
  const bump = createVersionBump(db)
  const prepare = (table: string) => ({
    set: db.prepare(
      `UPDATE ${table} SET enabled = ?, version = version + 1, updated_at_ms = ? WHERE tenant_id = ? AND id = ?`,
    ),
    remove: db.prepare(`DELETE FROM ${table} WHERE tenant_id = ? AND id = ?`),
  })
  const statements = { voiceAgents: prepare(tables.voiceAgents), inboundRules: prepare(tables.inboundRules) }

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
