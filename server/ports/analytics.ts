import type { AnalyticsDimension } from '../../shared/vocabulary.ts'
import type { TimeRange } from '../domain/analytics/cover.ts'
import type { Bins } from '../domain/analytics/log-bins.ts'
import type { Amounts, Measure, RollupDimension } from '../domain/analytics/measures.ts'

/** CXML answers, and how many of them were ready in less than that. */
export interface Deadlines {
  readonly answers: number
  readonly under10Ms: number
  readonly under50Ms: number
  readonly under100Ms: number
  readonly under500Ms: number
}

export interface DeadRule {
  readonly ruleId: string
  readonly name: string
  readonly direction: 'inbound' | 'outbound'
  /** When the last call came that it caught, by the quarter of an hour; undefined where none ever did. */
  readonly lastCaughtAtMs?: number | undefined
}

/** From the largest amount, or from the largest average where it is divided by a count; those without any come last. */
export interface BreakdownOrder {
  readonly measure: Measure
  readonly per?: Measure | undefined
}

export interface Breakdown {
  /** An empty key is calls and attempts without one. */
  readonly items: readonly { readonly key: string; readonly amounts: Amounts }[]
  /** How many keys there are, and what all of them add up to. */
  readonly keys: number
  readonly total: Amounts
}

/** What roll-ups say of calls that are over, by when they started. Ranges are whole quarters of an hour; unknown tenants have no calls. */
export interface AnalyticsStore {
  /** Of each range: what has this key in this dimension, added up. */
  sums(
    tenantId: string,
    of: { readonly dimension: RollupDimension; readonly key: string },
    ranges: readonly TimeRange[],
  ): Promise<Amounts[]>
  /** The first keys in an order. */
  breakdown(
    tenantId: string,
    dimension: AnalyticsDimension,
    range: TimeRange,
    order: BreakdownOrder,
    limit: number,
  ): Promise<Breakdown>
  /** How long answers took, in bins of milliseconds: of the tenant, or of one of its providers. */
  answerDelays(tenantId: string, provider: string | undefined, range: TimeRange): Promise<Bins>
  /** How often each agent was a group's first choice. */
  firstChoices(tenantId: string, groupId: string, range: TimeRange): Promise<ReadonlyMap<string, number>>
  /** What things are called, as far as they still exist. */
  names(tenantId: string, dimension: AnalyticsDimension, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  deadlines(tenantId: string, ranges: readonly TimeRange[]): Promise<Deadlines[]>
  /** How long CXML answers took, in bins of microseconds. */
  decisionTimes(tenantId: string, range: TimeRange): Promise<Bins>
  /** Enabled rules that caught no call in the range, by name. */
  deadRules(tenantId: string, range: TimeRange, limit: number): Promise<{ items: DeadRule[]; total: number }>
  isRebuilding(tenantId: string): Promise<boolean>
  /** Asks for the roll-ups to be made anew from the records; false when there is no such tenant. */
  requestRebuild(tenantId: string, nowMs: number): Promise<boolean>
  /** Makes them anew where that was asked for; resolves when nothing is left to do. */
  rebuild(): Promise<void>
}
