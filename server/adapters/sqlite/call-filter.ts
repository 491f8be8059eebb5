import { type RawBuilder, sql } from 'kysely'
import type { CallFilter } from '../../ports/call-store.ts'

type Condition = RawBuilder<unknown> | undefined

const compare = (column: string, operator: '=' | '>=' | '<' | '<=', value: string | number | undefined): Condition =>
  value === undefined ? undefined : sql`${sql.ref(column)} ${sql.raw(operator)} ${value}`

const among = (column: string, values: readonly string[] | undefined): Condition =>
  values === undefined || values.length === 0 ? undefined : sql`${sql.ref(column)} IN (${sql.join([...values])})`

// Not LIKE: it folds case and gives % and _ a meaning.
const contains = (column: string, text: string | undefined): Condition =>
  text === undefined ? undefined : sql`instr(${sql.ref(column)}, ${text}) > 0`

const startsWith = (column: string, text: string | undefined): Condition =>
  text === undefined ? undefined : sql`instr(${sql.ref(column)}, ${text}) = 1`

const anywhere = (columns: readonly string[], text: string | undefined): Condition =>
  text === undefined || text === ''
    ? undefined
    : sql`(${sql.join(
        columns.map((column) => contains(column, text)),
        sql` OR `,
      )})`

const failedOver = (wanted: boolean | undefined): Condition =>
  wanted === undefined ? undefined : wanted ? sql`c.attempt_count > 1` : sql`c.attempt_count <= 1`

/** One condition per filter; all of them hold at once, lists of values mean any of them. */
export const callConditions = (filter: CallFilter): Condition[] => [
  compare('c.from_number', '=', filter.from),
  startsWith('c.from_number', filter.fromPrefix),
  contains('c.from_number', filter.fromContains),
  compare('c.to_number', '=', filter.to),
  startsWith('c.to_number', filter.toPrefix),
  contains('c.to_number', filter.toContains),
  compare('c.started_at_ms', '>=', filter.startMs),
  compare('c.started_at_ms', '<', filter.endMs),
  among('c.agent_id', filter.agentId),
  among('c.group_id', filter.groupId),
  among('c.rule_id', filter.ruleId),
  among('c.trunk_id', filter.trunkId),
  among('c.provider', filter.provider),
  among('c.direction', filter.direction),
  among('c.state', filter.state),
  among('c.disposition', filter.disposition),
  compare('c.duration_seconds', '>=', filter.minDurationSeconds),
  compare('c.duration_seconds', '<=', filter.maxDurationSeconds),
  compare('c.token', '=', filter.token),
  failedOver(filter.failedOver),
  anywhere(['c.from_number', 'c.to_number', 'c.token'], filter.search?.trim()),
]
