import type { Database } from 'better-sqlite3'
import type { TenantSettings } from '../../../../shared/contract/tenants.ts'
import { isForDefaultTrunk } from '../../../domain/routing/default-trunk.ts'
import type { ConfigUser, Target, UsedType } from '../../../ports/configuration.ts'
import { bit, parse, parseGiven } from '../query/rows.ts'

interface Named {
  readonly id: string
  readonly name: string
}
interface Targeting extends Named {
  readonly target: string
}
interface TenantTargets extends Named {
  readonly default_country: string
  readonly default_target: string | null
  readonly settings: string
}

/** Everything of a tenant that refers to one of its agents, groups, schedules or trunks. */
export const createConfigUsers = (db: Database) => {
  const memberships = db.prepare<[string, string], Named>(`
SELECT g.id, g.name FROM agent_group_memberships m JOIN agent_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
WHERE m.tenant_id = ? AND m.agent_id = ? ORDER BY g.name`)
  const fallbacks = db.prepare<[string, string, string], Named>(`
SELECT id, name FROM agent_groups WHERE tenant_id = ? AND fallback_id = ? AND json_extract(fallback, '$.type') = ? ORDER BY name`)
  const rules = db.prepare<[string, string, string], Named>(`
SELECT id, name FROM inbound_routing_rules
WHERE tenant_id = ? AND target_id = ? AND json_extract(target, '$.type') = ? ORDER BY priority, no`)
  const scheduledAgents = db.prepare<[string, string], Named>(
    'SELECT id, name FROM voice_agents WHERE tenant_id = ? AND schedule_id = ? ORDER BY name',
  )
  const scheduledRules = db.prepare<[string, string], Named>(
    'SELECT id, name FROM inbound_routing_rules WHERE tenant_id = ? AND schedule_id = ? ORDER BY priority, no',
  )
  const outboundRules = db.prepare<[string, string, string], Named>(`
SELECT id, name FROM outbound_routing_rules
WHERE tenant_id = ? AND target_id = ? AND json_extract(target, '$.type') = ? ORDER BY priority, no`)
  const numbers = db.prepare<[string, string], Named>(
    'SELECT id, number AS name FROM numbers WHERE tenant_id = ? AND agent_id = ? ORDER BY number',
  )
  const isDefaultTrunk = db.prepare<[string, string]>(
    'SELECT 1 FROM trunks WHERE tenant_id = ? AND id = ? AND is_default = 1',
  )
  const trunkRules = db.prepare<[string, string, number], Named>(`
SELECT id, name FROM outbound_routing_rules
WHERE tenant_id = ? AND (EXISTS (SELECT 1 FROM json_each(trunk_ids) WHERE value = ?)
  OR (? AND target IS NULL AND json_array_length(trunk_ids) = 0)) ORDER BY priority, no`)
  const numberTargets = db.prepare<[string], Targeting>(`
SELECT id, name, target FROM inbound_routing_rules
WHERE tenant_id = ? AND json_extract(target, '$.type') = 'number' ORDER BY priority, no`)
  const numberFallbacks = db.prepare<[string], Targeting>(`
SELECT id, name, fallback AS target FROM agent_groups
WHERE tenant_id = ? AND json_extract(fallback, '$.type') = 'number' ORDER BY name`)
  const tenant = db.prepare<[string], TenantTargets>(
    'SELECT id, name, default_country, default_target, settings FROM tenants WHERE id = ?',
  )

  return (tenantId: string, type: UsedType, id: string): ConfigUser[] => {
    const own = tenant.get(tenantId)
    const isDefault = type === 'trunk' && isDefaultTrunk.get(tenantId, id) !== undefined
    const leadsThere = (target: Target | undefined): boolean =>
      target?.type === 'number'
        ? type === 'trunk' &&
          ((target.trunkIds ?? []).includes(id) || (isDefault && isForDefaultTrunk(target, own?.default_country ?? '')))
        : target?.type === type && 'id' in target && target.id === id
    const as = (kind: ConfigUser['kind'], rows: readonly Named[]): ConfigUser[] =>
      rows.map((row) => ({ kind, id: row.id, name: row.name }))
    const leading = (kind: ConfigUser['kind'], rows: readonly Targeting[]): ConfigUser[] =>
      as(
        kind,
        rows.filter(({ target }) => leadsThere(parse<Target>(target))),
      )
    if (type === 'schedule')
      return [
        ...as('voice agent', scheduledAgents.all(tenantId, id)),
        ...as('inbound rule', scheduledRules.all(tenantId, id)),
      ]
    return [
      ...(type === 'agent' ? as('group member', memberships.all(tenantId, id)) : []),
      ...(type === 'trunk'
        ? [
            ...leading('group fallback', numberFallbacks.all(tenantId)),
            ...leading('inbound rule', numberTargets.all(tenantId)),
            ...as('outbound rule', trunkRules.all(tenantId, id, bit(isDefault))),
          ]
        : [
            ...as('group fallback', fallbacks.all(tenantId, id, type)),
            ...as('inbound rule', rules.all(tenantId, id, type)),
            ...as('outbound rule', outboundRules.all(tenantId, id, type)),
          ]),
      ...(type === 'agent' ? as('number', numbers.all(tenantId, id)) : []),
      ...(own && leadsThere(parseGiven<Target>(own.default_target)) ? as('tenant default', [own]) : []),
      ...(own && leadsThere(parse<TenantSettings>(own.settings).emergencyTarget)
        ? as('tenant emergency target', [own])
        : []),
    ]
  }
}
