import { sql } from 'kysely'
import type { Source } from './call-filter.ts'
import { allOf, type Condition, inSpan, startOrder, type Span } from './call-order.ts'
import type { Queries } from '../query/query-builder.ts'

const samples = 16
const fewSamples = 4
const manySources = 8
const sampleRecords = 100

/** To two digits: more would claim to know. */
const rounded = (count: number): number => Number(count.toPrecision(2))

/** About how many records of the sources meet the conditions: from how dense they lie at some moments of the span. */
export const createEstimate = (queries: Queries) => {
  const edge = (tenantNo: number, span: Span, direction: 'ASC' | 'DESC'): number | undefined =>
    queries.all(sql<{ at: number }>`
SELECT c.started_at_ms AS at FROM call_records c INDEXED BY call_records_by_start
WHERE c.tenant_no = ${tenantNo} AND c.is_pending = 0 AND ${inSpan(startOrder, span)}
ORDER BY c.started_at_ms ${sql.raw(direction)} LIMIT 1`)[0]?.at

  const density = (tenantNo: number, source: Source, met: Condition, fromMs: number, toMs: number): number => {
    const [row] = queries.all(sql<{ n: number; hits: number | null; last: number | null }>`
SELECT count(*) AS n, sum(hit) AS hits, max(at) AS last FROM (
  SELECT c.started_at_ms AS at, ${met} AS hit FROM call_records c INDEXED BY ${sql.ref(source.index)}
  WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, sql`c.is_pending = 0`, ...source.conditions])}
    AND c.started_at_ms >= ${fromMs} AND c.started_at_ms < ${toMs} ORDER BY c.started_at_ms LIMIT ${sampleRecords})`)
    if (!row?.hits || row.last === null) return 0
    return row.hits / Math.max(1, (row.n < sampleRecords ? toMs : row.last) - fromMs)
  }

  return (tenantNo: number, sources: readonly Source[], conditions: readonly Condition[], span: Span): number => {
    const firstMs = edge(tenantNo, span, 'ASC')
    const lastMs = edge(tenantNo, span, 'DESC')
    if (firstMs === undefined || lastMs === undefined) return 0
    const lengthMs = lastMs + 1 - firstMs
    const met = conditions.length === 0 ? sql`1` : sql`(${allOf(conditions)})`
    const count = sources.length > manySources ? fewSamples : samples
    let sum = 0
    for (const source of sources)
      for (let i = 0; i < count; i += 1)
        sum += density(tenantNo, source, met, Math.floor(firstMs + (lengthMs * i) / count), lastMs + 1)
    return rounded((sum / count) * lengthMs)
  }
}
