import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { WebhookEvent } from '../../../shared/contract/webhook-events.ts'
import type { CallStore, WebhookEventRow } from '../../ports/call-store.ts'
import type { Page } from '../../ports/configuration.ts'
import { mapPage } from './config-repository.ts'
import type { Keyring } from './keyring.ts'
import { createQueries } from './query-builder.ts'
import { given, parse } from './rows.ts'
import { pageByTime } from './time-page.ts'

interface SummaryRow {
  readonly no: number
  readonly id: string
  readonly kind: WebhookEventRow['kind']
  readonly at_ms: number
  readonly token: string | null
  readonly outcome: WebhookEventRow['outcome']
  readonly reason: string | null
  readonly status: number
  readonly latency_micros: number
}
interface EventRow extends SummaryRow {
  readonly headers: string
  readonly payload: string
  readonly answer: string | null
}

// A page of bodies of a megabyte each would not fit into a thread.
const summaryColumns = 'no, id, kind, at_ms, token, outcome, reason, status, latency_micros'

type Filter = Parameters<CallStore['listWebhookEvents']>[1]

const toSummary = (row: SummaryRow): WebhookEvent => ({
  id: row.id,
  kind: row.kind,
  atMs: row.at_ms,
  token: given(row.token),
  outcome: row.outcome,
  reason: given(row.reason),
  status: row.status,
  latencyMicros: row.latency_micros,
})

const toEvent = (row: EventRow): WebhookEventRow & { headers: Record<string, string> } => ({
  ...toSummary(row),
  headers: parse(row.headers),
  payload: row.payload,
  answer: given(row.answer),
})

export const createSqliteWebhookRepository = (db: Database, keyring: Keyring) => {
  const queries = createQueries(db)
  const one = db.prepare<[number, string], EventRow>('SELECT * FROM webhook_audit WHERE tenant_no = ? AND id = ?')
  const ofToken = db.prepare<[number, string], SummaryRow>(`
SELECT ${summaryColumns} FROM webhook_audit WHERE tenant_no = ? AND token = ? ORDER BY at_ms, no`)
  const equals = (column: string, value: string | undefined) =>
    value === undefined ? undefined : sql`${sql.ref(column)} = ${value}`

  return {
    list: (
      tenantId: string,
      filter: Filter,
      page: { limit: number; cursor?: string | undefined },
    ): Page<WebhookEvent> => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return { items: [] }
      const search = filter.search?.trim()
      const conditions = [
        sql`tenant_no = ${tenant.no}`,
        equals('kind', filter.kind),
        equals('outcome', filter.outcome),
        equals('token', filter.token),
        filter.startMs === undefined ? undefined : sql`at_ms >= ${filter.startMs}`,
        filter.endMs === undefined ? undefined : sql`at_ms < ${filter.endMs}`,
        search
          ? sql`(instr(coalesce(token, ''), ${search}) > 0 OR instr(coalesce(reason, ''), ${search}) > 0 OR instr(payload, ${search}) > 0)`
          : undefined,
      ]
      const select = sql.raw(`SELECT ${summaryColumns} FROM webhook_audit`)
      return mapPage(
        pageByTime<SummaryRow>(
          queries,
          { select, conditions, time: 'at_ms', no: 'no', limit: page.limit, cursor: page.cursor },
          (row) => row.at_ms,
        ),
        toSummary,
      )
    },
    get: (tenantId: string, id: string) => {
      const tenant = keyring.find(tenantId)
      const row = tenant && one.get(tenant.no, id)
      return row && toEvent(row)
    },
    ofToken: (tenantNo: number, token: string): WebhookEvent[] => ofToken.all(tenantNo, token).map(toSummary),
  }
}
