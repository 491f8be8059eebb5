import type { BreakdownBy } from '../../shared/contract/analytics.ts'
import type { Handlers } from '../../shared/contract/index.ts'
import type { AnalyticsDimension } from '../../shared/vocabulary.ts'
import { inQuarters, type TimeRange } from '../domain/analytics/cover.ts'
import { addAmounts, noAmounts, subtractAmounts, type Amounts } from '../domain/analytics/measures.ts'
import { periodBefore, startOfDay, weekHourAt } from '../domain/analytics/zone-buckets.ts'
import { DomainError } from '../domain/errors.ts'
import { dayMs } from '../domain/schedules/calendar.ts'
import { createTimeZones, type TimeZone } from '../domain/schedules/time-zone.ts'
import type { AnalyticsStore, BreakdownOrder } from '../ports/analytics.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { Clock, Log } from '../ports/system.ts'
import { attemptCounts, ratio, toFigures, toPercentiles } from './analytics-figures.ts'
import { assertUnfiltered, invalid, pointsOf, rangeOf, selection, told } from './analytics-range.ts'
import { tenantInForce, type TenantDirectory } from './tenant-directory.ts'

type AnalyticsHandlers = Pick<Handlers, Extract<keyof Handlers, `analytics.${string}`>>

interface AnalyticsDeps {
  readonly analytics: AnalyticsStore
  readonly calls: Pick<CallStore, 'live'>
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

/** A point for each hour of so many days. */
const longestHeatmapMs = 100 * dayMs
const mostProviders = 1000

const orders: Readonly<Record<BreakdownBy, BreakdownOrder>> = {
  calls: { measure: 'calls' },
  answered: { measure: 'outcome_answered' },
  abandoned: { measure: 'outcome_cancelled' },
  failedOver: { measure: 'failed_over' },
  attempts: { measure: 'attempts' },
  talkSeconds: { measure: 'talk_ms' },
  averageAnswerDelayMs: { measure: 'delay_ms', per: 'delay_count' },
}

export const createAnalyticsHandlers = ({
  analytics,
  calls,
  directory,
  clock,
  log,
}: AnalyticsDeps): AnalyticsHandlers => {
  const zones = createTimeZones()

  const zoneOf = (tenantId: string, timeZone: string | undefined): TimeZone => {
    const name = timeZone ?? tenantInForce(directory, tenantId).tenant.timeZone
    const zone = zones(name)
    if (!zone) throw invalid('timeZone', `${name} is no time zone that is known here; use a name such as Europe/Berlin`)
    return zone
  }

  const asked = (
    input: { tenantId: string; startMs?: number; endMs?: number; timeZone?: string },
    longestMs?: number,
  ): { zone: TimeZone; range: TimeRange } => {
    tenantInForce(directory, input.tenantId)
    const zone = zoneOf(input.tenantId, input.timeZone)
    return { zone, range: rangeOf(input, zone, clock.nowMs(), longestMs) }
  }

  const namesOf = async (tenantId: string, dimension: AnalyticsDimension, ids: readonly string[]) => {
    const names = await analytics.names(tenantId, dimension, ids)
    return (id: string): { name?: string } => {
      const name = names.get(id)
      return name === undefined ? {} : { name }
    }
  }

  return {
    async 'analytics.summary'(_actor, { tenantId, startMs, endMs, timeZone, ...filter }) {
      const { zone, range } = asked({ tenantId, startMs, endMs, timeZone })
      const of = selection(filter)
      const nowMs = clock.nowMs()
      const before = periodBefore(zone, range)
      const today = inQuarters({ fromMs: startOfDay(zone, nowMs), untilMs: nowMs + 1 })
      const hasDelays = of.dimension === 'tenant' || of.dimension === 'provider'
      const delays = async (period: TimeRange) =>
        hasDelays && {
          answerDelay: toPercentiles(await analytics.answerDelays(tenantId, of.key || undefined, period)),
        }
      const [sums, live, current, previous, isRebuilding] = await Promise.all([
        analytics.sums(tenantId, of, [range, before, today]),
        calls.live(tenantId, 1),
        delays(range),
        delays(before),
        analytics.isRebuilding(tenantId),
      ])
      const [inRange, inPrevious, inToday] = sums as [Amounts, Amounts, Amounts]
      return {
        timeZone: zone.name,
        activeNow: live.total ?? live.items.length,
        callsToday: inToday.calls,
        current: { ...told(range), ...toFigures(inRange), ...current },
        previous: { ...told(before), ...toFigures(inPrevious), ...previous },
        isRebuilding,
      }
    },
    async 'analytics.series'(
      _actor,
      { tenantId, startMs, endMs, timeZone, bucket = 'day', compare = false, ...filter },
    ) {
      const { zone, range } = asked({ tenantId, startMs, endMs, timeZone })
      const of = selection(filter)
      const read = async (period: TimeRange) => {
        const points = pointsOf(zone, bucket, period)
        const sums = await analytics.sums(tenantId, of, points)
        return points.map((point, i) => ({ ...told(point), ...toFigures(sums[i] as Amounts) }))
      }
      return {
        timeZone: zone.name,
        bucket,
        points: await read(range),
        ...(compare && { previous: await read(periodBefore(zone, range)) }),
      }
    },
    async 'analytics.breakdown'(
      _actor,
      { tenantId, startMs, endMs, timeZone, groupBy, orderBy = 'calls', limit = 50, ...filter },
    ) {
      const { range } = asked({ tenantId, startMs, endMs, timeZone })
      assertUnfiltered(filter, groupBy)
      const { items, keys, total } = await analytics.breakdown(tenantId, groupBy, range, orders[orderBy], limit)
      const named = await namesOf(
        tenantId,
        groupBy,
        items.map(({ key }) => key),
      )
      const others = items.reduce((left, { amounts }) => subtractAmounts(left, amounts), total)
      return {
        ...told(range),
        items: items.map(({ key, amounts }) => ({ key, ...named(key), ...toFigures(amounts) })),
        ...(keys > items.length && { others: { keys: keys - items.length, ...toFigures(others) } }),
      }
    },
    async 'analytics.heatmap'(_actor, { tenantId, startMs, endMs, timeZone, ...filter }) {
      const { zone, range } = asked({ tenantId, startMs, endMs, timeZone }, longestHeatmapMs)
      const hours = pointsOf(zone, 'hour', range)
      const sums = await analytics.sums(tenantId, selection(filter), hours)
      const cells = Array.from({ length: 7 * 24 }, () => noAmounts)
      for (const [i, { fromMs }] of hours.entries()) {
        const { weekday, hour } = weekHourAt(zone, fromMs)
        const place = (weekday - 1) * 24 + hour
        cells[place] = addAmounts(cells[place] as Amounts, sums[i] as Amounts)
      }
      return {
        ...told(range),
        timeZone: zone.name,
        cells: cells.map((amounts, place) => {
          const { calls: started, answered, abandoned, averageAnswerDelayMs } = toFigures(amounts)
          const at = { weekday: Math.floor(place / 24) + 1, hour: place % 24 }
          return { ...at, calls: started, answered, abandoned, averageAnswerDelayMs }
        }),
      }
    },
    async 'analytics.distribution'(_actor, { tenantId, groupId, ...input }) {
      const { range } = asked({ tenantId, ...input })
      const group = tenantInForce(directory, tenantId).routing.groups.get(groupId)
      if (!group) throw new DomainError('NOT_FOUND', `There is no agent group ${groupId}`)
      const counts = await analytics.firstChoices(tenantId, groupId, range)
      const members = group.members.filter(({ enabled }) => enabled)
      const weights = members.reduce((sum, { weight }) => sum + weight, 0)
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const weightOf = new Map(members.map(({ agentId, weight }) => [agentId, weight]))
      const ids = [...new Set([...weightOf.keys(), ...counts.keys()])]
      const named = await namesOf(tenantId, 'agent', ids)
      return {
        ...told(range),
        groupId,
        firstChoices: total,
        members: ids.map((agentId) => {
          const weight = weightOf.get(agentId) ?? 0
          const firstChoices = counts.get(agentId) ?? 0
          return {
            agentId,
            ...named(agentId),
            isMember: weightOf.has(agentId),
            weight,
            firstChoices,
            targetShare: ratio(weight, weights) ?? 0,
            realShare: ratio(firstChoices, total) ?? 0,
          }
        }),
      }
    },
    async 'analytics.providers'(_actor, { tenantId, ...input }) {
      const { range } = asked({ tenantId, ...input })
      const found = await analytics.breakdown(tenantId, 'provider', range, orders.attempts, mostProviders)
      const rows = found.items.filter(({ key }) => key !== '')
      const named = await namesOf(
        tenantId,
        'provider',
        rows.map(({ key }) => key),
      )
      const items = rows.map(async ({ key, amounts }) => {
        const attempts = attemptCounts(amounts)
        const { answered, busy, noAnswer, failed, cancelled } = attempts
        const known = answered + busy + noAnswer + failed + cancelled
        return {
          provider: key,
          ...named(key),
          attempts,
          answeredShare: ratio(answered, known),
          busyShare: ratio(busy, known),
          noAnswerShare: ratio(noAnswer, known),
          failedShare: ratio(failed, known),
          averageAnswerDelayMs: toFigures(amounts).averageAnswerDelayMs,
          answerDelay: toPercentiles(await analytics.answerDelays(tenantId, key, range)),
        }
      })
      return { ...told(range), items: await Promise.all(items) }
    },
    async 'analytics.deadlines'(_actor, { tenantId, bucket = 'day', ...input }) {
      const { zone, range } = asked({ tenantId, ...input })
      const points = pointsOf(zone, bucket, range)
      const [counts, times] = await Promise.all([
        analytics.deadlines(tenantId, [range, ...points]),
        analytics.decisionTimes(tenantId, range),
      ])
      const [total, ...parts] = counts
      return {
        timeZone: zone.name,
        points: points.map((point, i) => ({ ...told(point), ...(parts[i] as (typeof parts)[number]) })),
        total: total as (typeof parts)[number],
        decisionTime: toPercentiles(times, 1000),
      }
    },
    async 'analytics.deadRules'(_actor, { tenantId, limit = 50, ...input }) {
      const { range } = asked({ tenantId, ...input })
      const { items, total } = await analytics.deadRules(tenantId, range, limit)
      return { ...told(range), total, items }
    },
    async 'analytics.rebuild'(actor, { tenantId }) {
      tenantInForce(directory, tenantId)
      await analytics.requestRebuild(tenantId, clock.nowMs())
      log.info({ tenantId, actor: actor.name }, 'The analytics roll-ups are made anew')
      analytics
        .rebuild()
        .catch((error: unknown) =>
          log.error({ err: error }, 'The analytics roll-ups could not be made anew; it is tried again'),
        )
      return { isRebuilding: true }
    },
  }
}
