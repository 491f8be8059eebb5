import type { Input } from '../../shared/contract/index.ts'
import type { AnalyticsBucket } from '../../shared/vocabulary.ts'
import { inQuarters, longestRangeMs, type TimeRange } from '../domain/analytics/cover.ts'
import type { RollupDimension } from '../domain/analytics/measures.ts'
import { bucketsIn, startOfDay } from '../domain/analytics/zone-buckets.ts'
import { dayMs } from '../domain/schedules/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import type { TimeZone } from '../domain/schedules/time-zone.ts'

type RangeInput = Pick<Input<'analytics.providers'>, 'startMs' | 'endMs' | 'timeZone'>
type Filter = Pick<
  Input<'analytics.summary'>,
  'agentId' | 'groupId' | 'provider' | 'ruleId' | 'trunkId' | 'country' | 'disposition'
>

export const invalid = (field: string, message: string): DomainError =>
  new DomainError('INVALID_INPUT', message, [{ path: `/${field}`, message }])

const dimensions = {
  agentId: 'agent',
  groupId: 'group',
  provider: 'provider',
  ruleId: 'rule',
  trunkId: 'trunk',
  country: 'country',
  disposition: 'outcome',
} as const satisfies Record<keyof Filter, RollupDimension>

const filtersOf = (filter: Filter): [keyof Filter, string][] =>
  (Object.keys(dimensions) as (keyof Filter)[]).flatMap((name): [keyof Filter, string][] => {
    const value = filter[name]
    return value === undefined ? [] : [[name, value]]
  })

/** What to add up. Roll-ups have one dimension each, so one filter is all that they can go by. */
export const selection = (filter: Filter): { dimension: RollupDimension; key: string } => {
  const [first, second] = filtersOf(filter)
  if (second && first)
    throw invalid(
      second[0],
      `Dashboards go by one filter at a time, and both ${first[0]} and ${second[0]} are given; leave one out, ` +
        'or search the call records, which take any combination',
    )
  return first ? { dimension: dimensions[first[0]], key: first[1] } : { dimension: 'tenant', key: '' }
}

/** A breakdown is by the one dimension that its roll-ups have. */
export const assertUnfiltered = (filter: Filter, groupBy: string): void => {
  const [first] = filtersOf(filter)
  if (first)
    throw invalid(
      first[0],
      `A breakdown by ${groupBy} takes no filter; leave ${first[0]} out, or ask for the summary with ${first[0]}`,
    )
}

/** Whole quarters of an hour. */
export const rangeOf = (
  { startMs, endMs }: RangeInput,
  zone: TimeZone,
  nowMs: number,
  longestMs = longestRangeMs,
): TimeRange => {
  const untilMs = endMs ?? nowMs
  const fromMs = startMs ?? startOfDay(zone, Math.min(untilMs, nowMs))
  if (fromMs >= untilMs) throw invalid('endMs', 'The range ends before it starts; endMs must be after startMs')
  if (untilMs - fromMs > longestMs)
    throw invalid('endMs', `The range is longer than ${longestMs / dayMs} days; ask for it in parts`)
  return inQuarters({ fromMs, untilMs })
}

const mostPoints = 3000

export const pointsOf = (zone: TimeZone, bucket: AnalyticsBucket, range: TimeRange): TimeRange[] => {
  const points = bucketsIn(zone, bucket, range, mostPoints)
  if (!points)
    throw invalid('bucket', `These are more than ${mostPoints} points; choose a longer bucket or a shorter range`)
  return points
}

export const told = ({ fromMs, untilMs }: TimeRange): { startMs: number; endMs: number } => ({
  startMs: fromMs,
  endMs: untilMs,
})
