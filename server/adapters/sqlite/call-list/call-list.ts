import { sql } from 'kysely'
import type { Database } from 'better-sqlite3'
import type { CallFilter, CallPageQuery, CallSort } from '../../../ports/call-store.ts'
import { DomainError } from '../../../domain/errors.ts'
import { createAgentRanking, noAgent } from './agent-ranking.ts'
import { filterParts } from './call-filter.ts'
import { before, durationOrder, inSpan, type Key, type Order, restOf, type Span, startOrder } from './call-order.ts'
import { type Candidate, type CallPlan, createCallPlanner } from './call-plan.ts'
import { usualSizes } from './call-sizes.ts'
import { createCallWalk, type Pace, type Stretch } from './call-walk.ts'
import { readCursor, writeCursor } from '../query/cursor.ts'
import type { Queries } from '../query/query-builder.ts'

/** For looking; reading the records found comes on top. */
const patienceMs = 200
const endOfTime = Number.MAX_SAFE_INTEGER

/** A list is one stretch of records, or one after another: the calls of each agent. */
interface Place {
  readonly stretch: string
  readonly key: Key
}

interface Layout {
  readonly order: Order
  readonly span: Span
  /** Names of the stretches, as shown. */
  readonly names: readonly string[]
  /** Whether each is shown from its end. */
  readonly isDescending: boolean
  stretch(name: string): Stretch
}

/** Numbers of records, as shown, and where the list goes on in either direction. */
export interface CallNumbers {
  readonly nos: readonly number[]
  readonly nextCursor?: string
  readonly prevCursor?: string
  readonly isPartial?: true
  readonly searchedBackToMs?: number
  readonly total?: number
  readonly totalIsEstimate?: true
}

const byStart = ({ at, no }: Candidate): Key => [at, no]
const byDuration = ({ lasted, at, no }: Candidate): Key => [lasted, at, no]

const direction = { start: 'desc', duration: 'desc', agent: 'asc' } as const

export const createCallList = (db: Database, queries: Queries, clockMs: () => number, sizes = usualSizes) => {
  const plan = createCallPlanner(queries, sizes)
  const walk = createCallWalk(queries, sizes)
  const rank = createAgentRanking(db)

  const layOut = (
    tenant: { readonly id: string; readonly no: number },
    filter: CallFilter,
    window: Span,
    { sources, conditions, known }: CallPlan,
    sort: CallSort,
    isDescending: boolean,
  ): Layout => {
    const isKnown = sources.length === 0
    if (sort === 'start') {
      const stretch = { order: startOrder, sources, conditions, keys: known.map(byStart) }
      return { order: startOrder, span: window, names: [''], isDescending, stretch: () => stretch }
    }
    if (sort === 'duration') {
      const { minDurationSeconds = 0, maxDurationSeconds = endOfTime, startMs, endMs } = filter
      const isBounded = startMs !== undefined || endMs !== undefined
      const stretch: Stretch = {
        order: durationOrder,
        sources: isKnown ? [] : [{ index: 'call_records_by_duration', conditions: [] }],
        conditions: [
          ...filterParts(filter).map(({ condition }) => condition),
          ...(isBounded ? [inSpan(startOrder, window)] : []),
        ],
        keys: known.map(byDuration),
      }
      const span = { from: [minDurationSeconds, 0, 0], to: [maxDurationSeconds, endOfTime, 0] }
      return { order: durationOrder, span, names: [''], isDescending, stretch: () => stretch }
    }
    const ofAgent = new Map<string, Key[]>()
    for (const one of known) {
      const agent = one.agent ?? noAgent
      const keys = ofAgent.get(agent)
      if (keys) keys.push(byStart(one))
      else ofAgent.set(agent, [byStart(one)])
    }
    const { agentId, ...others } = filter
    const wanted = agentId && new Set(agentId)
    const ranked = rank(tenant, [...ofAgent.keys()]).filter((id) => !wanted || wanted.has(id))
    const besides = filterParts(others).map(({ condition }) => condition)
    return {
      order: startOrder,
      span: window,
      names: [...(isDescending ? ranked.reverse() : ranked), ...(wanted ? [] : [noAgent])],
      isDescending: true,
      stretch: (name) => {
        const agent = name === noAgent ? sql`c.agent_id IS NULL` : sql`c.agent_id = ${name}`
        return {
          order: startOrder,
          sources: isKnown ? [] : [{ index: 'call_records_by_agent', conditions: [agent] }],
          conditions: besides,
          keys: ofAgent.get(name) ?? [],
        }
      },
    }
  }

  /** From the other side of a place: what lies at it belongs to what was before, and a walk never begins with its place itself. */
  const turnedRound = ({ stretch, key }: Place, isFromEnd: boolean): Place => ({
    stretch,
    key: [...key.slice(0, -1), (key.at(-1) ?? 0) + (isFromEnd ? -1 : 1)],
  })

  /** Goes through the stretches from a place on, as shown or backwards. */
  const go = (
    tenantNo: number,
    { span, names, isDescending, stretch }: Layout,
    from: Place | undefined,
    isBackwards: boolean,
    wanted: number,
    pace: Pace,
  ): { places: Place[]; stoppedAt?: Place } => {
    const fromEnd = isDescending !== isBackwards
    const inOrder = isBackwards ? [...names].reverse() : names
    const begin = from ? inOrder.indexOf(from.stretch) : 0
    if (begin < 0)
      throw new DomainError('INVALID_INPUT', 'The cursor is not one of this list; ask for the first page again')
    const places: Place[] = []
    for (let i = begin; i < inOrder.length; i += 1) {
      const name = inOrder[i] ?? ''
      // Each time at least one stretch or slice is gone through, so that every search comes to its end.
      if (i > begin && pace.clockMs() >= pace.untilMs)
        return { places, stoppedAt: { stretch: name, key: fromEnd ? span.to : before(span.from) } }
      const rest = from?.stretch === name ? restOf(span, from.key, fromEnd) : span
      const { keys, stoppedAt } = walk(tenantNo, stretch(name), rest, fromEnd, wanted - places.length, pace)
      places.push(...keys.map((key) => ({ stretch: name, key })))
      if (stoppedAt) return { places, stoppedAt: { stretch: name, key: stoppedAt } }
      if (places.length >= wanted) return { places }
    }
    return { places }
  }

  return (
    tenant: { readonly id: string; readonly no: number },
    filter: CallFilter,
    { limit, cursor, sort = 'start', order = direction[sort] }: CallPageQuery,
  ): CallNumbers => {
    const pace = { clockMs, untilMs: clockMs() + patienceMs }
    const window: Span = { from: [filter.startMs ?? 0, 0], to: [filter.endMs ?? endOfTime, 0] }
    const planned = plan(tenant.no, filter, window, sort === 'start')
    const layout = layOut(tenant, filter, window, planned, sort, order === 'desc')

    const kind = `${sort} ${order}`
    const write = (way: 'next' | 'prev', { stretch, key }: Place): string => writeCursor([kind, way, stretch, ...key])
    const read = (text: string): { way: string; place: Place } => {
      const [found, way, stretch, ...key] = readCursor(text, 3 + layout.order.length)
      if (found !== kind || !key.every((value) => typeof value === 'number'))
        throw new DomainError('INVALID_INPUT', 'The cursor is not one of this order; ask for the first page again')
      return { way: String(way), place: { stretch: String(stretch), key } }
    }

    const begin = cursor === undefined ? undefined : read(cursor)
    const isBackwards = begin?.way === 'prev'
    const { places, stoppedAt } = go(tenant.no, layout, begin?.place, isBackwards, limit + 1, pace)
    const shown = places.slice(0, limit)
    // Where the walk goes on, and where it would turn round.
    const onwards = stoppedAt && places.length <= limit ? stoppedAt : places.length > limit ? shown.at(-1) : undefined
    const back = begin && (shown[0] ?? turnedRound(begin.place, layout.isDescending !== isBackwards))
    const [next, prev] = isBackwards ? [back, onwards] : [onwards, back]
    return {
      nos: (isBackwards ? [...shown].reverse() : shown).map(({ key }) => key.at(-1) ?? 0),
      ...(next && { nextCursor: write('next', next) }),
      ...(prev && { prevCursor: write('prev', prev) }),
      ...(stoppedAt && places.length <= limit && { isPartial: true as const }),
      ...(stoppedAt &&
        places.length <= limit &&
        kind === 'start desc' &&
        !isBackwards && { searchedBackToMs: stoppedAt.key[0] ?? 0 }),
      ...(begin ? {} : planned.total()),
    }
  }
}
