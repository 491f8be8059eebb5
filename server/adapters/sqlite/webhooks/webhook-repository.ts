import type { Database } from 'better-sqlite3'
import type { WebhookEvent } from '../../../../shared/contract/webhook-events.ts'
import type {
  StoredWebhookEvent,
  WebhookEventFilter,
  WebhookEventPage,
  WebhookEventRow,
} from '../../../ports/call-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createQueries } from '../query/query-builder.ts'
import { given, parse } from '../query/rows.ts'
import { type BodyColumns, readBodies } from './webhook-bodies.ts'
import { createWebhookSearch, summaryColumns, type SummaryRow } from './webhook-search.ts'

interface EventRow extends SummaryRow, BodyColumns {
  readonly transitions_before: number | null
}

const toSummary = (row: SummaryRow): WebhookEvent => ({
  id: row.id,
  kind: row.kind as WebhookEventRow['kind'],
  atMs: row.at_ms,
  token: given(row.token),
  outcome: row.outcome as WebhookEventRow['outcome'],
  reason: given(row.reason),
  status: row.status,
  latencyMicros: row.latency_micros,
})

const toEvent = (row: EventRow): StoredWebhookEvent => {
  const { headers, payload, answer } = readBodies(row)
  const transitionsBefore = given(row.transitions_before)
  return {
    ...toSummary(row),
    headers: parse(headers),
    payload,
    answer,
    ...(transitionsBefore !== undefined && { transitionsBefore }),
  }
}

export const createSqliteWebhookRepository = (db: Database, keyring: Keyring, clockMs: () => number) => {
  const search = createWebhookSearch(db, createQueries(db), clockMs)
  const one = db.prepare<[number, string], EventRow>('SELECT * FROM webhook_audit WHERE tenant_no = ? AND id = ?')
  const ofToken = db.prepare<[number, string], SummaryRow>(`
SELECT ${summaryColumns} FROM webhook_audit WHERE tenant_no = ? AND token = ? ORDER BY at_ms, no`)

  return {
    list: (
      tenantId: string,
      filter: WebhookEventFilter,
      page: { limit: number; cursor?: string | undefined },
    ): WebhookEventPage => {
      const tenant = keyring.find(tenantId)
      if (!tenant) return { items: [] }
      const { rows, ...rest } = search(tenant.no, filter, page)
      return { items: rows.map(toSummary), ...rest }
    },
    get: (tenantId: string, id: string) => {
      const tenant = keyring.find(tenantId)
      const row = tenant && one.get(tenant.no, id)
      return row && toEvent(row)
    },
    ofToken: (tenantNo: number, token: string): WebhookEvent[] => ofToken.all(tenantNo, token).map(toSummary),
  }
}
