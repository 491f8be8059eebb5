import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredOutboundRule } from '../../ports/configuration.ts'
import { createConfigList, createVersionBump, mapPage, type SyncConfigRepository } from './config-repository.ts'
import { bit, given, json, parse, parseGiven } from './rows.ts'
import { targetId } from './target-id.ts'
import { inTransaction } from './transaction.ts'

interface OutboundRuleRow {
  readonly no: number
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly caller_pattern: string | null
  readonly destination_pattern: string
  readonly trunk_ids: string
  readonly target: string | null
  readonly strip_digits: number
  readonly prepend: string
  readonly caller_id: string | null
  readonly priority: number
  readonly enabled: number
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toRule = (row: OutboundRuleRow): StoredOutboundRule => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  name: row.name,
  callerPattern: given(row.caller_pattern),
  destinationPattern: row.destination_pattern,
  trunkIds: parse(row.trunk_ids),
  target: parseGiven(row.target),
  stripDigits: row.strip_digits,
  prepend: row.prepend,
  callerId: given(row.caller_id),
  priority: row.priority,
  enabled: row.enabled === 1,
})

const columns = (rule: StoredOutboundRule) => ({
  ...rule,
  callerPattern: rule.callerPattern ?? null,
  trunkIds: json(rule.trunkIds),
  target: rule.target === undefined ? null : json(rule.target),
  targetId: targetId(rule.target),
  callerId: rule.callerId ?? null,
  enabled: bit(rule.enabled),
})

export const createSqliteOutboundRuleRepository = (db: Database): SyncConfigRepository<StoredOutboundRule> => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string, string], OutboundRuleRow>(
    'SELECT * FROM outbound_routing_rules WHERE tenant_id = ? AND id = ?',
  )
  const insert = db.prepare(`
INSERT INTO outbound_routing_rules (tenant_id, id, name, caller_pattern, destination_pattern, trunk_ids, target, target_id,
  strip_digits, prepend, caller_id, priority, enabled, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :callerPattern, :destinationPattern, :trunkIds, :target, :targetId,
  :stripDigits, :prepend, :callerId, :priority, :enabled, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE outbound_routing_rules SET name = :name, caller_pattern = :callerPattern,
  destination_pattern = :destinationPattern, trunk_ids = :trunkIds, target = :target, target_id = :targetId,
  strip_digits = :stripDigits, prepend = :prepend, caller_id = :callerId, priority = :priority, enabled = :enabled,
  version = :version, updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM outbound_routing_rules WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<OutboundRuleRow>(db, {
    table: 'outbound_routing_rules',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`priority`, value: (row) => row.priority },
      { by: sql`no`, value: (row) => row.no },
    ],
    search: ['name', 'destination_pattern', 'caller_pattern', 'caller_id'],
    filters: { enabled: 'enabled' },
  })

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toRule),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toRule(row)
    },
    create: inTransaction(db, (rule: StoredOutboundRule) => {
      bump.besideRules(rule.tenantId)
      insert.run(columns(rule))
    }),
    update: inTransaction(db, (rule: StoredOutboundRule) => {
      if (change.run(columns(rule)).changes === 0) return false
      bump.besideRules(rule.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
  }
}
