import { any, formatPattern, matches, type Pattern } from './pattern.ts'
import type { Route } from './route.ts'
import type { Target } from './target.ts'
import { createRouteColumns, type RouteColumns } from './route-columns.ts'
import { createTextIndex, type TextIndex } from './text-index.ts'

export type { Route } from './route.ts'

export interface ConsideredRoute<T = Target> {
  readonly route: Route<T>
  /** Why it was passed over; undefined for the chosen one. */
  readonly passedOver: string | undefined
}

export interface RouteMatch<T = Target> {
  readonly route: Route<T> | undefined
  /** In the order they were looked at, the chosen one last. */
  readonly considered: readonly ConsideredRoute<T>[]
  /** Passed over, but not listed. */
  readonly more: number
}

/** Why a schedule keeps its rules out right now; undefined when it does not. */
export type WhyClosed = (scheduleId: string) => string | undefined

/** An immutable snapshot of a tenant's rules. Lookup cost grows with the length of the number, not with the number of rules. */
export interface RouteTable<T = Target> {
  readonly size: number
  /** Schedules change without the rules and time passes, so both are asked about with each call; unasked, every rule counts. */
  match(to: string, from: string, whyClosed?: WhyClosed): RouteMatch<T>
  /** The number is one that an exact rule names or a prefix rule begins like. */
  isKnown(number: string): boolean
  /** An exact rule that is enabled names the number. A prefix names no number. */
  isDid(number: string): boolean
  nameOf(ruleId: string): string | undefined
}

export interface RouteTableBuilder<T = Target> {
  add(route: Route<T>): void
  build(): RouteTable<T>
}

/** Routes by their places in the columns. */
type Places = readonly number[]
/** Rules of one pattern by caller pattern, so that many callers on one number cost no scan. */
interface ByCaller {
  readonly callers: PatternIndex<Places>
}

const listed = 20
const worthIndexing = 16

/** `visit` meets what matches from the most to the least specific: the place of a lone route, or what several were made into. */
interface PatternIndex<W> {
  visit(number: string, use: (found: number | W) => void): void
  has(number: string): boolean
  /** The place of the first route whose pattern is exactly this number. */
  firstExact(number: string): number | undefined
}

const createPatternIndex = <W>(
  exact: TextIndex,
  prefix: TextIndex,
  prefixLengths: ReadonlySet<number>,
  anyFound: number | W | undefined,
  shared: ReadonlyMap<number, W>,
): PatternIndex<W> => {
  const lengths = [...prefixLengths].sort((a, b) => b - a)
  return {
    visit(number, use) {
      const whole = exact.get(number)
      if (whole !== undefined) use(shared.get(whole) ?? whole)
      for (const length of lengths) {
        if (length > number.length) continue
        const place = prefix.get(number.slice(0, length))
        if (place !== undefined) use(shared.get(place) ?? place)
      }
      if (anyFound !== undefined) use(anyFound)
    },
    firstExact: (number) => exact.get(number),
    has: (number) =>
      exact.get(number) !== undefined ||
      lengths.some((length) => length <= number.length && prefix.get(number.slice(0, length)) !== undefined),
  }
}

/** Collects routes by pattern, then seals them into an index. `textAt` says what the pattern of the route at a place names. */
const createCollector = (textAt: (place: number) => string) => {
  const exact = createTextIndex(textAt)
  const prefix = createTextIndex(textAt)
  const prefixLengths = new Set<number>()
  const forAny: number[] = []
  // Where several routes share a pattern, by the first of them: all that sealing has to touch, however many prefixes there are.
  const shared = new Map<number, number[]>()
  return {
    /** Answers with the place of the first route that has this pattern. */
    add(pattern: Pattern, place: number): number {
      if (pattern.kind === 'any') {
        forAny.push(place)
        return place
      }
      const { kind, value } = pattern
      const index = kind === 'exact' ? exact : prefix
      if (kind === 'prefix') prefixLengths.add(value.length)
      const first = index.get(value)
      if (first === undefined) index.set(value, place)
      else {
        const bucket = shared.get(first)
        if (bucket) bucket.push(place)
        else shared.set(first, [first, place])
      }
      return first ?? place
    },
    seal<W>(wrap: (bucket: number[]) => W): PatternIndex<W> {
      const wrapped = new Map<number, W>()
      for (const [first, bucket] of shared) wrapped.set(first, wrap(bucket))
      return createPatternIndex(exact, prefix, prefixLengths, forAny.length > 1 ? wrap(forAny) : forAny[0], wrapped)
    },
  }
}

const byCaller = (routes: RouteColumns<unknown>, bucket: Places): ByCaller => {
  const patternAt = (place: number): Pattern => routes.callerPatternAt(place) ?? any
  // Only patterns that have a text are looked up by it.
  const collector = createCollector((place) => (patternAt(place) as Exclude<Pattern, { kind: 'any' }>).value)
  for (const place of bucket) collector.add(patternAt(place), place)
  return { callers: collector.seal((places) => places) }
}

const sealBucket = (routes: RouteColumns<unknown>, bucket: number[]): Places | ByCaller => {
  bucket.sort(routes.compare)
  const callersMatter = bucket.length >= worthIndexing && bucket.some((place) => routes.callerPatternAt(place))
  return callersMatter ? byCaller(routes, bucket) : bucket
}

/** The routes of what was found that may match this caller, by priority and age. */
const placesFor = (routes: RouteColumns<unknown>, found: number | Places | ByCaller, from: string): Places => {
  if (typeof found === 'number') return [found]
  if (!('callers' in found)) return found
  const places: number[] = []
  found.callers.visit(from, (one) => {
    if (typeof one === 'number') places.push(one)
    else places.push(...one)
  })
  return places.sort(routes.compare)
}

const whyNot = (route: Route<unknown>, from: string, whyClosed: WhyClosed): string | undefined => {
  if (!route.enabled) return 'disabled'
  if (route.callerPattern && !matches(route.callerPattern, from))
    return `caller ${from} does not match ${formatPattern(route.callerPattern)}`
  return route.scheduleId === undefined ? undefined : whyClosed(route.scheduleId)
}

const neverClosed: WhyClosed = () => undefined

/** The lists come in the order of specificity, each by priority and age; on equal priority the earlier list goes first. */
const firstUsable = <T>(
  routes: RouteColumns<T>,
  lists: readonly Places[],
  from: string,
  whyClosed: WhyClosed,
): RouteMatch<T> => {
  const cursors = lists.map((places) => ({ places, next: 0 }))
  const considered: ConsideredRoute<T>[] = []
  let more = 0
  for (;;) {
    let best: { readonly place: number; readonly priority: number; readonly cursor: { next: number } } | undefined
    for (const cursor of cursors) {
      const place = cursor.places[cursor.next]
      if (place === undefined) continue
      const priority = routes.priorityAt(place)
      if (!best || priority < best.priority) best = { place, priority, cursor }
    }
    if (!best) return { route: undefined, considered, more }
    best.cursor.next += 1
    const route = routes.at(best.place)
    const passedOver = whyNot(route, from, whyClosed)
    if (passedOver === undefined) {
      considered.push({ route, passedOver })
      return { route, considered, more }
    }
    if (considered.length < listed) considered.push({ route, passedOver })
    else more += 1
  }
}

export const createRouteTableBuilder = <T = Target>(): RouteTableBuilder<T> => {
  const routes = createRouteColumns<T>()
  const byId = createTextIndex(routes.idAt)
  const collector = createCollector(routes.valueAt)
  // Of patterns whose first route may be disabled while a later one is not.
  const enabledLater = new Set<number>()
  let size = 0
  return {
    add(route) {
      const place = routes.add(route)
      byId.set(route.ruleId, place)
      const first = collector.add(route.pattern, place)
      if (first !== place && route.enabled) enabledLater.add(first)
      size += 1
    },
    build() {
      const index = collector.seal((bucket) => sealBucket(routes, bucket))
      return {
        size,
        isKnown: (number) => index.has(number),
        isDid(number) {
          const first = index.firstExact(number)
          return first !== undefined && (routes.isEnabledAt(first) || enabledLater.has(first))
        },
        match(to, from, whyClosed = neverClosed) {
          const lists: Places[] = []
          index.visit(to, (found) => lists.push(placesFor(routes, found, from)))
          return firstUsable(routes, lists, from, whyClosed)
        },
        nameOf(ruleId) {
          const place = byId.get(ruleId)
          return place === undefined ? undefined : routes.nameAt(place)
        },
      }
    },
  }
}
