import { sql } from 'kysely'
import type { CallFilter } from '../../../ports/call-store.ts'
import type { Condition } from './call-order.ts'

/** Records in order of their start, found by an index. */
export interface Source {
  readonly index: string
  readonly conditions: readonly Condition[]
}

/** A range of an index other than that by start. */
export interface IndexRange {
  readonly index: string
  readonly condition: Condition
}

/** Numbers of which a text is part, in the column that an index is about. */
export interface NumberPart {
  readonly index: string
  readonly column: string
  readonly text: string
}

/** One filter that must hold, with the ways there are to find its records without looking at all others. */
export interface FilterPart {
  readonly condition: Condition
  /** For values: a source each. */
  readonly sources?: readonly Source[]
  /** Together they have its records, each of them any number. */
  readonly ranges?: readonly IndexRange[]
  readonly parts?: readonly NumberPart[]
}

const index = (name: string) => `call_records_by_${name}`
/** Follows whatever a text goes on with. */
const last = '\u{10FFFF}'

const oneOf = (name: string, column: string, values: readonly (string | number)[]): FilterPart => {
  // Each is a source: one that was given twice would find its records twice.
  const different = [...new Set(values)]
  return {
    condition: sql`${sql.ref(column)} IN (${sql.join(different)})`,
    sources: different.map((value) => ({ index: index(name), conditions: [sql`${sql.ref(column)} = ${value}`] })),
  }
}

const startsWith = (column: string, text: string): Condition =>
  sql`${sql.ref(column)} >= ${text} AND ${sql.ref(column)} < ${text + last}`

// Not LIKE: it folds case and gives % and _ a meaning.
const holds = (column: string, text: string): Condition => sql`instr(${sql.ref(column)}, ${text}) > 0`

const prefix = (name: string, column: string, text: string): FilterPart => {
  const condition = startsWith(column, text)
  return { condition, ranges: [{ index: index(name), condition }] }
}

const contains = (name: string, column: string, text: string): FilterPart => ({
  condition: holds(column, text),
  parts: [{ index: index(name), column, text }],
})

const between = (column: Condition, min: number | undefined, max: number | undefined): Condition => {
  const least = min === undefined ? [] : [sql`${column} >= ${min}`]
  const most = max === undefined ? [] : [sql`${column} <= ${max}`]
  return sql`(${sql.join([...least, ...most], sql` AND `)})`
}

/** `column` is computed by the formula: its index finds the range, while the index by start has what the formula needs. */
const ranged = (
  { name, column, formula }: { name: string; column: string; formula: string },
  min: number | undefined,
  max: number | undefined,
): FilterPart[] =>
  min === undefined && max === undefined
    ? []
    : [
        {
          condition: between(sql.raw(formula), min, max),
          ranges: [{ index: index(name), condition: between(sql.ref(column), min, max) }],
        },
      ]

const duration = { name: 'duration', column: 'c.lasted_seconds', formula: 'coalesce(c.duration_seconds, 0)' }
/** The worse one of both directions. */
const mos = {
  name: 'mos',
  column: 'c.mos',
  formula: 'min(coalesce(c.rx_mos, c.tx_mos), coalesce(c.tx_mos, c.rx_mos))',
}

const byToken = 'sqlite_autoindex_call_records_1'

const exactToken = (token: string): FilterPart => {
  const condition = sql`c.token = ${token}`
  return { condition, ranges: [{ index: byToken, condition }] }
}

const anywhere = (text: string): FilterPart => ({
  condition: sql`(${holds('c.from_number', text)} OR ${holds('c.to_number', text)} OR (${startsWith('c.token', text)}))`,
  ranges: [{ index: byToken, condition: startsWith('c.token', text) }],
  parts: [
    { index: index('from'), column: 'c.from_number', text },
    { index: index('to'), column: 'c.to_number', text },
  ],
})

const some = <T>(value: T | undefined, make: (value: T) => FilterPart): FilterPart[] =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0) ? [] : [make(value)]

/** All filters but that of the time, which every source has. All of them hold at once. */
export const filterParts = (filter: CallFilter): FilterPart[] => [
  ...some(filter.from, (text) => oneOf('from', 'c.from_number', [text])),
  ...some(filter.fromPrefix, (text) => prefix('from', 'c.from_number', text)),
  ...some(filter.fromContains, (text) => contains('from', 'c.from_number', text)),
  ...some(filter.to, (text) => oneOf('to', 'c.to_number', [text])),
  ...some(filter.toPrefix, (text) => prefix('to', 'c.to_number', text)),
  ...some(filter.toContains, (text) => contains('to', 'c.to_number', text)),
  ...some(filter.agentId, (ids) => oneOf('agent', 'c.agent_id', ids)),
  ...some(filter.groupId, (ids) => oneOf('group', 'c.group_id', ids)),
  ...some(filter.ruleId, (ids) => oneOf('rule', 'c.rule_id', ids)),
  ...some(filter.trunkId, (ids) => oneOf('trunk', 'c.trunk_id', ids)),
  ...some(filter.provider, (keys) => oneOf('provider', 'c.provider', keys)),
  ...some(filter.direction, (directions) => oneOf('direction', 'c.direction', directions)),
  ...some(filter.state, (states) => oneOf('state', 'c.state', states)),
  ...some(filter.disposition, (dispositions) => oneOf('disposition', 'c.disposition', dispositions)),
  ...some(filter.failedOver, (wanted) => oneOf('failover', 'c.is_failed_over', [wanted ? 1 : 0])),
  ...ranged(duration, filter.minDurationSeconds, filter.maxDurationSeconds),
  ...ranged(mos, filter.minMos, filter.maxMos),
  ...some(filter.token, exactToken),
  ...some(filter.search?.trim(), anywhere),
]
