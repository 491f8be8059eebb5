import type { Database } from 'better-sqlite3'
import type { AnalyticsDimension } from '../../../../shared/vocabulary.ts'
import { bucketStart, cover, type TimeRange } from '../../../domain/analytics/cover.ts'
import { dayMs } from '../../../domain/schedules/calendar.ts'
import type { DeadRule } from '../../../ports/analytics.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createPendingSums, isWithin } from './rollup-pending.ts'
import { gather } from './rollup-reader.ts'
import { inSnapshot } from '../file/transaction.ts'

const allTime: TimeRange = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }

type Named = { readonly name: string } | undefined

interface RuleRow {
  readonly ruleId: string
  readonly name: string
  readonly direction: DeadRule['direction']
}

/** What the keys of roll-ups are called, and which rules are none of them. */
export const createAnalyticsNames = (db: Database, keyring: Keyring) => {
  const named = (table: string) =>
    db.prepare<[string, string], { name: string }>(`SELECT name FROM ${table} WHERE tenant_id = ? AND id = ?`)
  const inboundRule = named('inbound_routing_rules')
  const outboundRule = named('outbound_routing_rules')
  const agent = named('voice_agents')
  const group = named('agent_groups')
  const trunk = named('trunks')
  const provider = db.prepare<[string], { name: string }>('SELECT display_name AS name FROM providers WHERE key = ?')
  const nameOf: Readonly<Record<AnalyticsDimension, (tenantId: string, id: string) => Named>> = {
    agent: (tenantId, id) => agent.get(tenantId, id),
    group: (tenantId, id) => group.get(tenantId, id),
    trunk: (tenantId, id) => trunk.get(tenantId, id),
    rule: (tenantId, id) => inboundRule.get(tenantId, id) ?? outboundRule.get(tenantId, id),
    provider: (_tenantId, key) => provider.get(key),
    country: () => undefined,
    outcome: () => undefined,
  }

  const enabledRules = db.prepare<[string, string], RuleRow>(`
SELECT id AS ruleId, name, 'inbound' AS direction FROM inbound_routing_rules WHERE tenant_id = ? AND enabled = 1
UNION ALL SELECT id, name, 'outbound' FROM outbound_routing_rules WHERE tenant_id = ? AND enabled = 1 ORDER BY name, ruleId`)
  const caught = db
    .prepare<[number, number, number, number], [string, number]>(
      `SELECT key, sum(calls) FROM analytics_rollups
WHERE tenant_no = ? AND dimension = 'rule' AND minutes = ? AND start_ms >= ? AND start_ms < ? GROUP BY key`,
    )
    .raw()
  const lastDays = db
    .prepare<[number], [string, number]>(
      `SELECT key, max(start_ms) FROM analytics_rollups
WHERE tenant_no = ? AND dimension = 'rule' AND minutes = 1440 AND calls > 0 GROUP BY key`,
    )
    .raw()
  const lastQuarter = db
    .prepare<[number, number, number, string], number | null>(
      `SELECT max(start_ms) FROM analytics_rollups
WHERE tenant_no = ? AND dimension = 'rule' AND minutes = 15 AND start_ms >= ? AND start_ms < ? AND key = ? AND calls > 0`,
    )
    .pluck()
  const pendingOf = createPendingSums(db)
  const rebuilding = db.prepare<[number]>('SELECT 1 FROM analytics_rebuilds WHERE tenant_no = ?')

  return {
    names: (tenantId: string, dimension: AnalyticsDimension, ids: readonly string[]): Map<string, string> =>
      new Map(
        ids.flatMap((id): [string, string][] => {
          const found = nameOf[dimension](tenantId, id)
          return found ? [[id, found.name]] : []
        }),
      ),
    deadRules: inSnapshot(
      db,
      (tenantId: string, range: TimeRange, limit: number): { items: DeadRule[]; total: number } => {
        const no = keyring.find(tenantId)?.no
        if (no === undefined) return { items: [], total: 0 }
        const alive = gather(cover(range), ({ minutes, fromMs, untilMs }) => caught.all(no, minutes, fromMs, untilMs))
        const fresh = new Map<string, number>()
        // Of any time: when a rule caught a call last is asked for too.
        for (const sum of pendingOf(no, [allTime]).of('rule')) {
          const ruleId = String(sum.key[1])
          fresh.set(ruleId, Math.max(fresh.get(ruleId) ?? 0, sum.startMs))
          if (isWithin(range)(sum)) alive.set(ruleId, 1)
        }
        const dead = enabledRules.all(tenantId, tenantId).filter(({ ruleId }) => !alive.has(ruleId))
        const lastDay = new Map(lastDays.all(no))
        const items = dead.slice(0, limit).map((rule) => {
          const day = lastDay.get(rule.ruleId)
          const at =
            day === undefined ? undefined : lastQuarter.get(no, bucketStart(1440, day), day + dayMs, rule.ruleId)
          const lastCaughtAtMs = Math.max(at ?? 0, fresh.get(rule.ruleId) ?? 0)
          return { ...rule, ...(lastCaughtAtMs > 0 && { lastCaughtAtMs }) }
        })
        return { items, total: dead.length }
      },
    ),
    isRebuilding: (tenantId: string): boolean => {
      const no = keyring.find(tenantId)?.no
      return no !== undefined && rebuilding.get(no) !== undefined
    },
  }
}
