import type { Database } from 'better-sqlite3'
import type { ExportField } from '../../../../shared/vocabulary.ts'
import type { Cell } from '../../../domain/exports/cell.ts'

const columns: Readonly<Record<ExportField, string>> = {
  id: 'id',
  token: 'token',
  direction: 'direction',
  from: 'from_number',
  to: 'to_number',
  state: 'state',
  disposition: 'disposition',
  agentId: 'agent_id',
  agentName: 'agent_id',
  groupId: 'group_id',
  groupName: 'group_id',
  ruleId: 'rule_id',
  ruleName: 'rule_id',
  trunkId: 'trunk_id',
  provider: 'provider',
  startedAt: 'started_at_ms',
  answeredAt: 'answered_at_ms',
  endedAt: 'ended_at_ms',
  ringSeconds: 'ring_seconds',
  talkSeconds: 'talk_seconds',
  durationSeconds: 'duration_seconds',
  attemptCount: 'attempt_count',
  configVersion: 'config_version',
  rxMos: 'rx_mos',
  txMos: 'tx_mos',
  rttMs: 'rtt_ms',
  ssrc: 'ssrc',
  country: 'country',
  platformTrunkId: 'platform_trunk_id',
  platformDisposition: 'platform_disposition',
  reason: 'reason',
}

export const exportColumns = (fields: readonly ExportField[]): string =>
  fields.map((field) => `c.${columns[field]}`).join(', ')

const nameTables = {
  agentName: ['voice_agents'],
  groupName: ['agent_groups'],
  ruleName: ['inbound_routing_rules', 'outbound_routing_rules'],
} as const

/** Makes of a column's value what a field tells. */
export type ExportValue = (value: Cell) => Cell

/** Names are looked up once each; they are what they are at that moment. */
export const createExportNames = (db: Database) => {
  const finders = Object.entries(nameTables).map(([field, tables]) => {
    const statements = tables.map((table) =>
      db.prepare<[string, string], string>(`SELECT name FROM ${table} WHERE tenant_id = ? AND id = ?`).pluck(),
    )
    const find = (tenantId: string): ExportValue => {
      const known = new Map<Cell, Cell>([[null, null]])
      return (id) => {
        let name = known.get(id)
        if (name === undefined) {
          name = statements.reduce<string | null>((found, one) => found ?? one.get(tenantId, String(id)) ?? null, null)
          known.set(id, name)
        }
        return name
      }
    }
    return [field, find] as const
  })
  return new Map<string, (tenantId: string) => ExportValue>(finders)
}
