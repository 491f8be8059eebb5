import type { Database } from 'better-sqlite3'
import { type RawBuilder, sql } from 'kysely'
import type { WebhookEventFilter } from '../../../ports/call-store.ts'
import { readCursor, writeCursor } from '../query/cursor.ts'
import type { Queries } from '../query/query-builder.ts'
import { type BodyColumns, bodyColumns, readBodies } from './webhook-bodies.ts'

export interface SummaryRow {
  readonly no: number
  readonly id: string
  readonly kind: string
  readonly at_ms: number
  readonly token: string | null
  readonly outcome: string
  readonly reason: string | null
  readonly status: number
  readonly latency_micros: number
}
export const summaryColumns = 'no, id, kind, at_ms, token, outcome, reason, status, latency_micros'

export interface FoundEvents {
  readonly rows: readonly SummaryRow[]
  readonly nextCursor?: string
  readonly isPartial?: true
  readonly searchedBackToMs?: number
}

/** For looking at one event after the other. */
const patienceMs = 200
/** A number of so many calls is found sooner by looking at the events. */
const mostTokens = 1000

type Row = SummaryRow & Partial<BodyColumns>
type Test = (row: Row) => boolean
interface Source {
  readonly index: string
  readonly condition?: RawBuilder<unknown>
}

/** Where events are read from; what it does not promise is looked at in each of them. */
const sourceOf = (
  { token, outcome, status, kind }: WebhookEventFilter,
  tokens: readonly string[] | undefined,
): Source => {
  if (token !== undefined) return { index: 'webhook_audit_by_token', condition: sql`token = ${token}` }
  if (tokens)
    return {
      index: 'webhook_audit_by_token',
      condition: sql`token IN (SELECT value FROM json_each(${JSON.stringify(tokens)}))`,
    }
  if (outcome !== undefined && outcome !== 'applied')
    return { index: 'webhook_audit_by_outcome', condition: sql`outcome <> 'applied' AND outcome = ${outcome}` }
  if (status !== undefined && status !== 200)
    return { index: 'webhook_audit_by_status', condition: sql`status <> 200 AND status = ${status}` }
  if (kind !== undefined && kind !== 'session_update')
    return { index: 'webhook_audit_by_kind', condition: sql`kind <> 'session_update' AND kind = ${kind}` }
  return { index: 'webhook_audit_by_time' }
}

const holdsText =
  (text: string): Test =>
  (row) => {
    if (row.token?.includes(text) || row.reason?.includes(text)) return true
    const { headers, payload, answer } = readBodies(row as BodyColumns)
    return payload.includes(text) || headers.includes(text) || answer?.includes(text) === true
  }

export const createWebhookSearch = (db: Database, queries: Queries, clockMs: () => number) => {
  const tokensOf = db.prepare<[Record<string, unknown>], { token: string }>(`
SELECT token FROM call_records INDEXED BY call_records_by_from WHERE is_pending = 0 AND tenant_no = $tenantNo AND from_number = $number
UNION ALL
SELECT token FROM call_records INDEXED BY call_records_by_to WHERE is_pending = 0 AND tenant_no = $tenantNo AND to_number = $number
UNION ALL
SELECT token FROM call_records INDEXED BY call_records_open
  WHERE is_open = 1 AND tenant_no = $tenantNo AND (from_number = $number OR to_number = $number)
UNION ALL
SELECT token FROM call_records INDEXED BY call_records_unsettled
  WHERE is_pending = 1 AND is_open = 0 AND tenant_no = $tenantNo AND (from_number = $number OR to_number = $number)
LIMIT ${mostTokens + 1}`)
  const numbersOf = db.prepare<[number, string], { from_number: string; to_number: string }>(
    'SELECT from_number, to_number FROM call_records WHERE tenant_no = ? AND token = ?',
  )

  /** Events of one call follow each other, so the last answer is often the next one. */
  const ofCall = (tenantNo: number, matches: (number: string) => boolean): Test => {
    const known = new Map<string, boolean>()
    return ({ token }) => {
      if (token === null) return false
      let answer = known.get(token)
      if (answer === undefined) {
        const call = numbersOf.get(tenantNo, token)
        answer = call !== undefined && (matches(call.from_number) || matches(call.to_number))
        known.set(token, answer)
      }
      return answer
    }
  }

  const testsOf = (tenantNo: number, filter: WebhookEventFilter, tokens: readonly string[] | undefined): Test[] => {
    const { kind, outcome, status, number, numberContains } = filter
    const text = filter.search?.trim()
    const tests: Test[] = []
    if (kind !== undefined) tests.push((row) => row.kind === kind)
    if (outcome !== undefined) tests.push((row) => row.outcome === outcome)
    if (status !== undefined) tests.push((row) => row.status === status)
    if (number !== undefined && (!tokens || filter.token !== undefined))
      tests.push(ofCall(tenantNo, (one) => one === number))
    if (numberContains !== undefined) tests.push(ofCall(tenantNo, (one) => one.includes(numberContains)))
    if (text) tests.push(holdsText(text))
    return tests
  }

  const query = (
    tenantNo: number,
    { startMs, endMs, search }: WebhookEventFilter,
    { index, condition }: Source,
    cursor: string | undefined,
  ) => {
    const conditions = [
      sql`tenant_no = ${tenantNo}`,
      condition,
      startMs === undefined ? undefined : sql`at_ms >= ${startMs}`,
      endMs === undefined ? undefined : sql`at_ms < ${endMs}`,
      cursor === undefined ? undefined : sql`(at_ms, no) < (${sql.join([...readCursor(cursor, 2)])})`,
    ].filter((one) => one !== undefined)
    // Bodies of a megabyte each are only read where they are asked for.
    const columns = search?.trim() ? `${summaryColumns}, ${bodyColumns}` : summaryColumns
    return sql<Row>`SELECT ${sql.raw(columns)} FROM webhook_audit INDEXED BY ${sql.ref(index)}
WHERE ${sql.join(conditions, sql` AND `)} ORDER BY at_ms DESC, no DESC`
  }

  /**
   * A page of events, newest first. They are read one by one, so the search can end when its time is over: then the page is
   * partial, and the cursor goes on where it stopped. At least one event is looked at each time, so every search comes to an end.
   */
  return (
    tenantNo: number,
    filter: WebhookEventFilter,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): FoundEvents => {
    const untilMs = clockMs() + patienceMs
    const found =
      filter.number === undefined
        ? undefined
        : tokensOf.all({ tenantNo, number: filter.number }).map(({ token }) => token)
    const tokens = found && found.length <= mostTokens ? found : undefined
    const tests = testsOf(tenantNo, filter, tokens)
    const rows: SummaryRow[] = []
    for (const row of queries.each(query(tenantNo, filter, sourceOf(filter, tokens), cursor))) {
      if (tests.every((test) => test(row))) {
        const last = rows.at(-1)
        if (rows.length === limit && last) return { rows, nextCursor: writeCursor([last.at_ms, last.no]) }
        rows.push(row)
      }
      if (clockMs() < untilMs) continue
      return { rows, nextCursor: writeCursor([row.at_ms, row.no]), isPartial: true, searchedBackToMs: row.at_ms }
    }
    return { rows }
  }
}
