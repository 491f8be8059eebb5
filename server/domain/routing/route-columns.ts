import type { Pattern } from './pattern.ts'
import type { Route } from './route.ts'
import type { Target } from './target.ts'

/** Routes by their place, which is the order in which they were added. */
export interface RouteColumns<T = Target> {
  add(route: Route<T>): number
  /** Put together anew each time. */
  at(place: number): Route<T>
  idAt(place: number): string
  nameAt(place: number): string
  /** The number or beginning that the pattern names; empty for any. */
  valueAt(place: number): string
  callerPatternAt(place: number): Pattern | undefined
  priorityAt(place: number): number
  isEnabledAt(place: number): boolean
  /** By priority, then age. */
  compare(a: number, b: number): number
}

const segmentBits = 12
const segmentSize = 1 << segmentBits
const within = (place: number): number => place & (segmentSize - 1)
const kinds = ['any', 'exact', 'prefix'] as const

const createSegment = <T>() => ({
  ids: [] as string[],
  names: [] as string[],
  values: [] as string[],
  targets: [] as T[],
  kinds: new Uint8Array(segmentSize),
  enabled: new Uint8Array(segmentSize),
  /** Places in the list of schedules; 0 for none. */
  schedules: new Uint32Array(segmentSize),
  priorities: new Float64Array(segmentSize),
  ages: new Float64Array(segmentSize),
})
type Segment<T> = ReturnType<typeof createSegment<T>>

/**
 * Routes as columns rather than objects: a million objects with their patterns take twice the memory, and the garbage
 * collector visits each of them time and again. Segments, so that nothing large is ever copied.
 */
export const createRouteColumns = <T = Target>(): RouteColumns<T> => {
  const segments: Segment<T>[] = []
  const callers = new Map<number, Pattern>()
  const scheduleIds: (string | undefined)[] = [undefined]
  const schedulePlaces = new Map<string | undefined, number>([[undefined, 0]])
  let size = 0

  const segmentAt = (place: number): Segment<T> => segments[place >>> segmentBits] as Segment<T>
  const priorityAt = (place: number): number => segmentAt(place).priorities[within(place)] as number
  const ageAt = (place: number): number => segmentAt(place).ages[within(place)] as number
  const idAt = (place: number): string => segmentAt(place).ids[within(place)] as string
  const nameAt = (place: number): string => segmentAt(place).names[within(place)] as string
  const valueAt = (place: number): string => segmentAt(place).values[within(place)] as string

  const isEnabledAt = (place: number): boolean => segmentAt(place).enabled[within(place)] === 1

  const patternAt = (place: number): Pattern => {
    const kind = kinds[segmentAt(place).kinds[within(place)] as number] as (typeof kinds)[number]
    return kind === 'any' ? { kind } : { kind, value: valueAt(place) }
  }

  const schedulePlaceOf = (scheduleId: string | undefined): number => {
    let place = schedulePlaces.get(scheduleId)
    if (place === undefined) {
      place = scheduleIds.push(scheduleId) - 1
      schedulePlaces.set(scheduleId, place)
    }
    return place
  }

  return {
    add({ ruleId, name, pattern, callerPattern, priority, age, enabled, scheduleId, target }) {
      const place = size
      size += 1
      const row = within(place)
      if (row === 0) segments.push(createSegment<T>())
      const segment = segmentAt(place)
      segment.ids.push(ruleId)
      segment.names.push(name)
      segment.values.push(pattern.kind === 'any' ? '' : pattern.value)
      segment.targets.push(target)
      segment.kinds[row] = kinds.indexOf(pattern.kind)
      segment.enabled[row] = enabled ? 1 : 0
      segment.schedules[row] = schedulePlaceOf(scheduleId)
      segment.priorities[row] = priority
      segment.ages[row] = age
      if (callerPattern) callers.set(place, callerPattern)
      return place
    },
    at: (place) => ({
      ruleId: idAt(place),
      name: nameAt(place),
      pattern: patternAt(place),
      callerPattern: callers.get(place),
      priority: priorityAt(place),
      age: ageAt(place),
      enabled: isEnabledAt(place),
      scheduleId: scheduleIds[segmentAt(place).schedules[within(place)] as number],
      target: segmentAt(place).targets[within(place)] as T,
    }),
    idAt,
    nameAt,
    valueAt,
    callerPatternAt: (place) => callers.get(place),
    priorityAt,
    isEnabledAt,
    compare: (a, b) => priorityAt(a) - priorityAt(b) || ageAt(a) - ageAt(b),
  }
}
