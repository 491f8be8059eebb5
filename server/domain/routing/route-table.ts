import { any, formatPattern, matches, type Pattern } from './pattern.ts'
import type { Target } from './target.ts'

/** A rule, ready to be matched. `age` grows with creation: the older rule has the lower one. */
export interface Route {
  readonly ruleId: string
  readonly name: string
  readonly pattern: Pattern
  readonly callerPattern: Pattern | undefined
  readonly priority: number
  readonly age: number
  readonly enabled: boolean
  readonly target: Target
}

export interface ConsideredRoute {
  readonly route: Route
  /** Why it was passed over; undefined for the chosen one. */
  readonly passedOver: string | undefined
}

export interface RouteMatch {
  readonly route: Route | undefined
  /** In the order they were looked at, the chosen one last. */
  readonly considered: readonly ConsideredRoute[]
  /** Passed over, but not listed. */
  readonly more: number
}

/** An immutable snapshot of a tenant's rules. Lookup cost grows with the length of the number, not with the number of rules. */
export interface RouteTable {
  readonly size: number
  match(to: string, from: string): RouteMatch
  /** The number is one that an exact rule names or a prefix rule begins like. */
  isKnown(number: string): boolean
}

export interface RouteTableBuilder {
  add(route: Route): void
  build(): RouteTable
}

/** Rules of one pattern by caller pattern, so that many callers on one number cost no scan. */
interface ByCaller {
  readonly callers: PatternIndex<Route | readonly Route[]>
}
type Bucket = Route | Route[]

const listed = 20
const worthIndexing = 16

const byOrder = (a: Route, b: Route): number => a.priority - b.priority || a.age - b.age

/** Values by pattern; `visit` meets the matching ones from the most to the least specific. */
interface PatternIndex<T> {
  visit(number: string, use: (value: T) => void): void
  has(number: string): boolean
}

const createPatternIndex = <T>(
  exact: Map<string, T>,
  prefix: Map<string, T>,
  prefixLengths: ReadonlySet<number>,
  anyValue: T | undefined,
): PatternIndex<T> => {
  const lengths = [...prefixLengths].sort((a, b) => b - a)
  return {
    visit(number, use) {
      const whole = exact.get(number)
      if (whole !== undefined) use(whole)
      for (const length of lengths) {
        if (length > number.length) continue
        const value = prefix.get(number.slice(0, length))
        if (value !== undefined) use(value)
      }
      if (anyValue !== undefined) use(anyValue)
    },
    has: (number) =>
      exact.has(number) || lengths.some((length) => length <= number.length && prefix.has(number.slice(0, length))),
  }
}

/** Collects routes by pattern, then seals them into an index; a lone route stays itself, which keeps a million prefixes small. */
const createCollector = () => {
  const exact = new Map<string, Bucket>()
  const prefix = new Map<string, Bucket>()
  const prefixLengths = new Set<number>()
  const forAny: Route[] = []
  // Where several routes share a pattern: all that sealing has to touch, so that it takes no time with a million prefixes.
  const shared: { readonly map: Map<string, Bucket>; readonly value: string; readonly bucket: Route[] }[] = []
  return {
    add(pattern: Pattern, route: Route) {
      if (pattern.kind === 'any') {
        forAny.push(route)
        return
      }
      const { kind, value } = pattern
      const map = kind === 'exact' ? exact : prefix
      if (kind === 'prefix') prefixLengths.add(value.length)
      const before = map.get(value)
      if (before === undefined) map.set(value, route)
      else if (Array.isArray(before)) before.push(route)
      else {
        const bucket = [before, route]
        map.set(value, bucket)
        shared.push({ map, value, bucket })
      }
    },
    seal<W>(wrap: (bucket: Route[]) => W): PatternIndex<Route | W> {
      for (const { map, value, bucket } of shared) (map as Map<string, Bucket | W>).set(value, wrap(bucket))
      const anyValue = forAny.length > 1 ? wrap(forAny) : forAny[0]
      return createPatternIndex<Route | W>(
        exact as Map<string, Route | W>,
        prefix as Map<string, Route | W>,
        prefixLengths,
        anyValue,
      )
    },
  }
}

const byCaller = (bucket: readonly Route[]): ByCaller => {
  const collector = createCollector()
  for (const route of bucket) collector.add(route.callerPattern ?? any, route)
  return { callers: collector.seal((routes) => routes) }
}

const sealBucket = (bucket: Route[]): readonly Route[] | ByCaller => {
  bucket.sort(byOrder)
  const callersMatter = bucket.length >= worthIndexing && bucket.some(({ callerPattern }) => callerPattern)
  return callersMatter ? byCaller(bucket) : bucket
}

/** The routes of one bucket that may match this caller, by priority and age. */
const routesFor = (value: Route | readonly Route[] | ByCaller, from: string): readonly Route[] => {
  if ('ruleId' in value) return [value]
  if (!('callers' in value)) return value
  const routes: Route[] = []
  value.callers.visit(from, (found) => {
    if ('ruleId' in found) routes.push(found)
    else routes.push(...found)
  })
  return routes.sort(byOrder)
}

const whyNot = (route: Route, from: string): string | undefined => {
  if (!route.enabled) return 'disabled'
  if (route.callerPattern && !matches(route.callerPattern, from))
    return `caller ${from} does not match ${formatPattern(route.callerPattern)}`
  return undefined
}

export const createRouteTableBuilder = (): RouteTableBuilder => {
  const collector = createCollector()
  let size = 0
  return {
    add(route) {
      collector.add(route.pattern, route)
      size += 1
    },
    build() {
      const index = collector.seal(sealBucket)
      return {
        size,
        isKnown: (number) => index.has(number),
        match(to, from) {
          // Lists in the order of specificity, each sorted by priority and age; a merge that takes the earlier list on equal priority.
          const lists: (readonly Route[])[] = []
          index.visit(to, (value) => lists.push(routesFor(value, from)))
          return firstUsable(lists, from)
        },
      }
    },
  }
}

const firstUsable = (lists: readonly (readonly Route[])[], from: string): RouteMatch => {
  const cursors = lists.map((routes) => ({ routes, next: 0 }))
  const considered: ConsideredRoute[] = []
  let more = 0
  for (;;) {
    let best: { readonly route: Route; readonly cursor: { next: number } } | undefined
    for (const cursor of cursors) {
      const route = cursor.routes[cursor.next]
      if (route && (!best || route.priority < best.route.priority)) best = { route, cursor }
    }
    if (!best) return { route: undefined, considered, more }
    best.cursor.next += 1
    const { route } = best
    const passedOver = whyNot(route, from)
    if (passedOver === undefined) {
      considered.push({ route, passedOver })
      return { route, considered, more }
    }
    if (considered.length < listed) considered.push({ route, passedOver })
    else more += 1
  }
}
