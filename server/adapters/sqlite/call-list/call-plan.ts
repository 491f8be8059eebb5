import { sql } from 'kysely'
import type { CallFilter } from '../../../ports/call-store.ts'
import { createCandidates } from './call-candidates.ts'
import { createEstimate } from './call-estimate.ts'
import { type FilterPart, filterParts, type Source } from './call-filter.ts'
import { allOf, type Condition, inSpan, type Key, type Span, startOrder } from './call-order.ts'
import type { CallSizes } from './call-sizes.ts'
import type { Queries } from '../query/query-builder.ts'

/** What an order may go by. */
export interface Candidate {
  readonly at: number
  readonly lasted: number
  readonly no: number
  readonly agent: string | null
}

/** How to find the records of a filter. */
export interface CallPlan {
  /** In order of their start; none when all records are known. */
  readonly sources: readonly Source[]
  /** What the records of the sources must meet besides. */
  readonly conditions: readonly Condition[]
  readonly known: readonly Candidate[]
  total(): { readonly total: number; readonly totalIsEstimate?: true }
}

const everything: Source = { index: 'call_records_by_start', conditions: [] }
const candidateColumns = sql`c.started_at_ms AS at, c.lasted_seconds AS lasted, c.no, c.agent_id AS agent`

const unread = ([at = 0, no = 0]: Key): Candidate => ({ at, lasted: 0, no, agent: null })

/**
 * Calls that are not settled are read whole. Of the others, the filter with the fewest records in the time asked for leads to
 * the rest. Where these are few they are read and sorted in memory, which any order and any other filters can be had of.
 */
export const createCallPlanner = (queries: Queries, sizes: CallSizes) => {
  const candidates = createCandidates(queries, sizes)
  const estimate = createEstimate(queries)

  /** Those that go on, and those that ended just now. */
  const unsettled = (tenantNo: number, span: Span, conditions: readonly Condition[]): Candidate[] => {
    const within = allOf([sql`c.tenant_no = ${tenantNo}`, inSpan(startOrder, span), ...conditions])
    return queries.all(sql<Candidate>`
SELECT ${candidateColumns} FROM call_records c INDEXED BY call_records_open WHERE c.is_open = 1 AND ${within}
UNION ALL
SELECT ${candidateColumns} FROM call_records c INDEXED BY call_records_unsettled
WHERE c.is_pending = 1 AND c.is_open = 0 AND ${within}`)
  }

  const read = (tenantNo: number, keys: readonly Key[], conditions: readonly Condition[]): Candidate[] =>
    queries.all(sql<Candidate>`
SELECT ${candidateColumns} FROM json_each(${JSON.stringify(keys.map(([, no]) => no))}) j
CROSS JOIN call_records c NOT INDEXED ON c.no = j.value
WHERE ${allOf([sql`c.tenant_no = ${tenantNo}`, ...conditions])}`)

  return (tenantNo: number, filter: CallFilter, span: Span, goesByStart: boolean): CallPlan => {
    const parts = filterParts(filter)
    const besides = (part: FilterPart | undefined): Condition[] =>
      parts.filter((other) => other !== part).map(({ condition }) => condition)
    const fresh = unsettled(tenantNo, span, besides(undefined))

    const allKnown = (settled: readonly Candidate[]): CallPlan => {
      const known = [...fresh, ...settled]
      return { sources: [], conditions: [], known, total: () => ({ total: known.length }) }
    }

    const ways = [undefined, ...parts.filter(({ sources }) => sources)].map((part) => {
      const sources = part?.sources ?? [everything]
      return { part, sources, count: candidates.count(tenantNo, sources, span) }
    })
    const { part, sources, count } = ways.reduce((best, way) => (way.count <= best.count ? way : best))
    const conditions = besides(part)
    if (count <= sizes.few) {
      if (goesByStart && conditions.length === 0)
        return { sources, conditions, known: fresh, total: () => ({ total: fresh.length + count }) }
      return allKnown(read(tenantNo, candidates.keysOf(tenantNo, sources, span), besides(undefined)))
    }
    for (const one of parts) {
      const keys = candidates.gather(tenantNo, one, span)
      if (!keys) continue
      // Of one filter alone the index has told all that the order by start goes by.
      const isAll = goesByStart && parts.length === 1
      return allKnown(isAll ? keys.map(unread) : read(tenantNo, keys, besides(undefined)))
    }
    return {
      sources,
      conditions,
      known: fresh,
      total: () => ({
        total: fresh.length + estimate(tenantNo, sources, conditions, span),
        totalIsEstimate: true,
      }),
    }
  }
}
