import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredOutboundRule } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { createNounRepository, createNounTable } from './noun-repository.ts'
import { bit, given, json, parse, parseGiven } from '../query/rows.ts'
import { targetId } from './target-id.ts'

interface Cells {
  readonly name: string
  readonly caller_pattern: string | null
  readonly destination_pattern: string
  readonly trunk_ids: string
  readonly target: string | null
  readonly target_id: string | null
  readonly strip_digits: number
  readonly prepend: string
  readonly caller_id: string | null
  readonly priority: number
  readonly enabled: number
}

export const createSqliteOutboundRuleRepository = (db: Database): SyncConfigRepository<StoredOutboundRule> =>
  createNounRepository(
    db,
    createNounTable<StoredOutboundRule, Cells, { readonly no: number }>(db, {
      table: 'outbound_routing_rules',
      cells: {
        name: (rule) => rule.name,
        caller_pattern: (rule) => rule.callerPattern ?? null,
        destination_pattern: (rule) => rule.destinationPattern,
        trunk_ids: (rule) => json(rule.trunkIds),
        target: (rule) => json(rule.target),
        target_id: (rule) => targetId(rule.target),
        strip_digits: (rule) => rule.stripDigits,
        prepend: (rule) => rule.prepend,
        caller_id: (rule) => rule.callerId ?? null,
        priority: (rule) => rule.priority,
        enabled: (rule) => bit(rule.enabled),
      },
      read: (cells) => ({
        name: cells.name,
        callerPattern: given(cells.caller_pattern),
        destinationPattern: cells.destination_pattern,
        trunkIds: parse(cells.trunk_ids),
        target: parseGiven(cells.target),
        stripDigits: cells.strip_digits,
        prepend: cells.prepend,
        callerId: given(cells.caller_id),
        priority: cells.priority,
        enabled: cells.enabled === 1,
      }),
      order: [
        { by: sql`priority`, value: (cells) => cells.priority },
        { by: sql`no`, value: (cells) => cells.no },
      ],
      search: ['name', 'destination_pattern', 'caller_pattern', 'caller_id'],
      filters: { enabled: 'enabled' },
    }),
    { bump: createVersionBump(db).besideRules },
  )
