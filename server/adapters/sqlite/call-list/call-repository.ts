import type { Database } from 'better-sqlite3'
import type { Attempt, CallRecord, Transition } from '../../../../shared/contract/calls.ts'
import type { WebhookEvent } from '../../../../shared/contract/webhook-events.ts'
import type { CallFilter, CallPage, CallPageQuery, DecisionRow } from '../../../ports/call-store.ts'
import type { Page } from '../../../ports/configuration.ts'
import { type AttemptRow, type NamedCallRow, toAttempt, toRecord } from '../calls/call-columns.ts'
import { createCallList } from './call-list.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createQueries } from '../query/query-builder.ts'
import { given, parse } from '../query/rows.ts'

interface TransitionRow {
  readonly at_ms: number
  readonly event: string
  readonly from_state: NonNullable<Transition['from']> | null
  readonly to_state: NonNullable<Transition['to']> | null
  readonly ignored: string | null
}
interface StoredDecision {
  readonly id: string
  readonly at_ms: number
  readonly outcome: string
  readonly explanation: string
  readonly cxml: string
}
interface NamedAttemptRow extends AttemptRow {
  readonly agent_name: string | null
}

const named = `
SELECT c.*, a.name AS agent_name, g.name AS group_name, coalesce(r.name, o.name) AS rule_name
FROM call_records c JOIN tenants t ON t.no = c.tenant_no
LEFT JOIN voice_agents a ON a.tenant_id = t.id AND a.id = c.agent_id
LEFT JOIN agent_groups g ON g.tenant_id = t.id AND g.id = c.group_id
LEFT JOIN inbound_routing_rules r ON r.tenant_id = t.id AND r.id = c.rule_id
LEFT JOIN outbound_routing_rules o ON o.tenant_id = t.id AND o.id = c.rule_id`

const toTransition = (row: TransitionRow): Transition => ({
  atMs: row.at_ms,
  event: row.event,
  from: given(row.from_state),
  to: given(row.to_state),
  ignored: given(row.ignored),
})

const toDecision = (row: StoredDecision): DecisionRow => ({
  id: row.id,
  atMs: row.at_ms,
  outcome: parse(row.outcome),
  explanation: parse(row.explanation),
  cxml: row.cxml,
})

const toShownAttempt = (row: NamedAttemptRow): Attempt => {
  const {
    decisionId: _decision,
    provider: _provider,
    leaseUntilMs: _lease,
    trunkPlan: _plan,
    ...attempt
  } = toAttempt(row)
  return { ...attempt, agentName: given(row.agent_name) }
}

/** The timeline of one call. */
const createTimeline = (db: Database) => {
  const attempts = db.prepare<[string, number, number], NamedAttemptRow>(`
SELECT d.*, a.name AS agent_name FROM dial_attempts d LEFT JOIN voice_agents a ON a.tenant_id = ? AND a.id = d.agent_id
WHERE d.tenant_no = ? AND d.call_no = ? ORDER BY d.n`)
  const transitions = db.prepare<[number, number], TransitionRow>(
    'SELECT at_ms, event, from_state, to_state, ignored FROM call_transitions WHERE tenant_no = ? AND call_no = ? ORDER BY at_ms, n',
  )
  const decisions = db.prepare<[number, number], StoredDecision>(
    'SELECT id, at_ms, outcome, explanation, cxml FROM routing_decisions WHERE tenant_no = ? AND call_no = ? ORDER BY at_ms, no',
  )
  return (tenantId: string, tenantNo: number, callNo: number) => ({
    attempts: attempts.all(tenantId, tenantNo, callNo).map(toShownAttempt),
    decisions: decisions.all(tenantNo, callNo).map(toDecision),
    transitions: transitions.all(tenantNo, callNo).map(toTransition),
  })
}

export const createSqliteCallRepository = (
  db: Database,
  keyring: Keyring,
  eventsOf: (tenantNo: number, token: string) => WebhookEvent[],
  clockMs: () => number,
) => {
  const list = createCallList(db, createQueries(db), clockMs)
  const timeline = createTimeline(db)
  const namedByNo = db.prepare<[string], NamedCallRow>(`${named} WHERE c.no IN (SELECT value FROM json_each(?))`)
  const namedByToken = db.prepare<[number, string], NamedCallRow>(`${named} WHERE c.tenant_no = ? AND c.token = ?`)
  const namedById = db.prepare<[number, string], NamedCallRow>(`${named} WHERE c.tenant_no = ? AND c.id = ?`)
  const open = db.prepare<[number, number], NamedCallRow>(
    `${named} WHERE c.tenant_no = ? AND c.is_open = 1 ORDER BY c.started_at_ms DESC, c.no DESC LIMIT ?`,
  )
  const countOpen = db.prepare<[number], { total: number }>(
    'SELECT count(*) AS total FROM call_records WHERE tenant_no = ? AND is_open = 1',
  )
  const count = db.prepare<[number], { total: number }>(
    'SELECT count(*) AS total FROM call_records WHERE tenant_no = ?',
  )

  // A call that ends meanwhile is seen once, as it was when the list was asked for.
  const listAtOnce = db.transaction((tenantId: string, filter: CallFilter, query: CallPageQuery): CallPage => {
    const tenant = keyring.find(tenantId)
    if (!tenant) return { items: [] }
    const { nos, ...page } = list({ id: tenantId, no: tenant.no }, filter, query)
    const rows = new Map(namedByNo.all(JSON.stringify(nos)).map((row) => [row.no, row]))
    const found = nos.flatMap((no) => rows.get(no) ?? [])
    return { items: found.map((row) => toRecord(row, tenantId)), ...page }
  })

  return {
    live: (tenantId: string, limit: number): Page<CallRecord> => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return { items: [], total: 0 }
      const items = open.all(tenant.no, limit).map((row) => toRecord(row, tenantId))
      return { items, total: countOpen.get(tenant.no)?.total ?? 0 }
    },
    list: (tenantId: string, filter: CallFilter, query: CallPageQuery): CallPage => listAtOnce(tenantId, filter, query),
    get: (tenantId: string, idOrToken: string) => {
      const tenant = keyring.find(tenantId)
      const row = tenant && (namedById.get(tenant.no, idOrToken) ?? namedByToken.get(tenant.no, idOrToken))
      if (!row) return undefined
      return {
        record: toRecord(row, tenantId),
        ...timeline(tenantId, tenant.no, row.no),
        webhookEvents: eventsOf(tenant.no, row.token),
      }
    },
    count: (tenantId: string): number => {
      const tenant = keyring.find(tenantId)
      return tenant ? (count.get(tenant.no)?.total ?? 0) : 0
    },
  }
}
