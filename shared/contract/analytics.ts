import Type from 'typebox'
import { analyticsBuckets, analyticsDimensions, dispositions } from '../vocabulary.ts'
import { closed, Id, Ms, oneOf, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

const Count = Type.Integer({ minimum: 0 })
const Share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }))
const Average = (description: string) => Type.Optional(Type.Number({ minimum: 0, description }))

const AttemptCounts = Type.Object(
  { total: Count, answered: Count, busy: Count, noAnswer: Count, failed: Count, cancelled: Count },
  {
    description: 'Dials; in a breakdown by agent, group, provider or trunk those that tried it, whoever took the call',
  },
)

/** Calls that are over, by when they started. Shares and averages are missing where there is nothing to take them of. */
export const CallFigures = Type.Object({
  calls: Count,
  answered: Count,
  abandoned: Type.Integer({ minimum: 0, description: 'The caller gave up before an answer' }),
  failedOver: Type.Integer({ minimum: 0, description: 'Calls with more than one attempt' }),
  outcomes: Type.Object(
    Object.fromEntries(dispositions.map((disposition) => [disposition, Count])) as Record<
      (typeof dispositions)[number],
      typeof Count
    >,
  ),
  attempts: AttemptCounts,
  talkSeconds: Type.Number({ minimum: 0, description: 'All together' }),
  durationSeconds: Type.Number({ minimum: 0, description: 'All together, from the start of each call to its end' }),
  successRate: Share('Answered calls among all'),
  failoverRate: Share('Failed over calls among all'),
  averageTalkSeconds: Average('Of answered calls'),
  averageAnswerDelayMs: Average('From the start of a call to its answer'),
})
export type CallFigures = Type.Static<typeof CallFigures>

const Percentiles = Type.Object(
  { p50Ms: Average('Median'), p95Ms: Average('95 %'), p99Ms: Average('99 %') },
  { description: 'At most 2 % off' },
)

const Range = Type.Object({ startMs: Ms, endMs: Ms })
export type Range = Type.Static<typeof Range>

const range = {
  ...TenantScope,
  startMs: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Midnight of today unless set; rounded down to a quarter of an hour' }),
  ),
  endMs: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Now unless set; excluded, rounded up to a quarter of an hour' }),
  ),
  timeZone: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "IANA name; the tenant's time zone unless set" }),
  ),
}

const filter = {
  agentId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  provider: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  ruleId: Type.Optional(Id),
  trunkId: Type.Optional(Id),
  country: Type.Optional(Type.String({ minLength: 2, maxLength: 2, description: 'ISO 3166-1 alpha-2' })),
  disposition: Type.Optional(oneOf(dispositions)),
}

const Period = Type.Object({
  ...Range.properties,
  ...CallFigures.properties,
  answerDelay: Type.Optional(Percentiles),
})

const Point = Type.Object({ ...Range.properties, ...CallFigures.properties })

const Row = Type.Object({
  key: Type.String({ description: 'Id, provider key, country or outcome; empty for calls and attempts without one' }),
  name: Type.Optional(Type.String({ description: 'As far as it still exists' })),
  ...CallFigures.properties,
})

const orders = [
  'calls',
  'answered',
  'abandoned',
  'failedOver',
  'attempts',
  'talkSeconds',
  'averageAnswerDelayMs',
] as const
export type BreakdownBy = (typeof orders)[number]

const Cell = Type.Object({
  weekday: Type.Integer({ minimum: 1, maximum: 7, description: 'Monday is 1' }),
  hour: Type.Integer({ minimum: 0, maximum: 23 }),
  calls: Count,
  answered: Count,
  abandoned: Count,
  averageAnswerDelayMs: CallFigures.properties.averageAnswerDelayMs,
})

const FairShare = Type.Object({
  agentId: Id,
  name: Type.Optional(Type.String()),
  isMember: Type.Boolean({ description: 'Still is an enabled member of the group' }),
  weight: Type.Integer({ minimum: 0 }),
  firstChoices: Count,
  targetShare: Type.Number({ minimum: 0, maximum: 1, description: 'By the weights as they are now' }),
  realShare: Type.Number({ minimum: 0, maximum: 1 }),
})

const Reliability = Type.Object({
  provider: Type.String(),
  name: Type.Optional(Type.String()),
  attempts: AttemptCounts,
  answeredShare: Share('Of its attempts that have a result'),
  busyShare: Share('Of its attempts that have a result'),
  noAnswerShare: Share('Of its attempts that have a result'),
  failedShare: Share('Of its attempts that have a result'),
  averageAnswerDelayMs: CallFigures.properties.averageAnswerDelayMs,
  answerDelay: Percentiles,
})

const ledger = {
  answers: Type.Integer({ minimum: 0, description: 'CXML answers given' }),
  under10Ms: Count,
  under50Ms: Count,
  under100Ms: Count,
  under500Ms: Count,
}

const path = '/api/v1/tenants/:tenantId/analytics'

export const analyticsOperations = {
  'analytics.summary': {
    method: 'GET',
    path: `${path}/summary`,
    access: 'analyst',
    summary: 'The figures of a range, and of the period before it',
    input: Type.Object({ ...range, ...filter }, closed),
    output: Type.Object({
      timeZone: Type.String(),
      activeNow: Type.Integer({ minimum: 0, description: 'Calls of the tenant that go on, whatever the filter' }),
      callsToday: Count,
      current: Period,
      previous: Period,
      isRebuilding: Type.Boolean({ description: 'The roll-ups are being made anew; figures of the past may be short' }),
    }),
  },
  'analytics.series': {
    method: 'GET',
    path: `${path}/series`,
    access: 'analyst',
    summary: 'The figures of each hour, day, week or month of a range, by the clock of a time zone',
    input: Type.Object(
      {
        ...range,
        ...filter,
        bucket: Type.Optional(oneOf(analyticsBuckets, 'day unless set')),
        compare: Type.Optional(Type.Boolean({ description: 'With the points of the period before' })),
      },
      closed,
    ),
    output: Type.Object({
      timeZone: Type.String(),
      bucket: oneOf(analyticsBuckets),
      points: Type.Array(Point),
      previous: Type.Optional(Type.Array(Point)),
    }),
  },
  'analytics.breakdown': {
    method: 'GET',
    path: `${path}/breakdown`,
    access: 'analyst',
    summary: 'The figures of a range by agent, group, provider, rule, trunk, country or outcome',
    input: Type.Object(
      {
        ...range,
        ...filter,
        groupBy: oneOf(analyticsDimensions),
        orderBy: Type.Optional(oneOf(orders, 'From the largest; calls unless set')),
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 1000, default: 50, description: 'Rows; the others are added up' }),
        ),
      },
      closed,
    ),
    output: Type.Object({
      ...Range.properties,
      items: Type.Array(Row),
      others: Type.Optional(Type.Object({ keys: Count, ...CallFigures.properties })),
    }),
  },
  'analytics.heatmap': {
    method: 'GET',
    path: `${path}/heatmap`,
    access: 'analyst',
    summary: 'Calls of a range by weekday and hour of a time zone',
    input: Type.Object({ ...range, ...filter }, closed),
    output: Type.Object({ ...Range.properties, timeZone: Type.String(), cells: Type.Array(Cell) }),
  },
  'analytics.distribution': {
    method: 'GET',
    path: `${path}/distribution`,
    access: 'analyst',
    summary: 'How a group spread its first choices in a range, against the shares that the weights ask for',
    input: Type.Object({ ...range, groupId: Id }, closed),
    output: Type.Object({ ...Range.properties, groupId: Id, firstChoices: Count, members: Type.Array(FairShare) }),
  },
  'analytics.providers': {
    method: 'GET',
    path: `${path}/providers`,
    access: 'analyst',
    summary: 'How reliable each provider was in a range: what became of its attempts, and how long answers took',
    input: Type.Object(range, closed),
    output: Type.Object({ ...Range.properties, items: Type.Array(Reliability) }),
  },
  'analytics.deadlines': {
    method: 'GET',
    path: `${path}/deadlines`,
    access: 'analyst',
    summary: 'How many CXML answers were ready in less than 10, 50, 100 and 500 milliseconds, by day',
    input: Type.Object({ ...range, bucket: Type.Optional(oneOf(analyticsBuckets, 'day unless set')) }, closed),
    output: Type.Object({
      timeZone: Type.String(),
      points: Type.Array(Type.Object({ ...Range.properties, ...ledger })),
      total: Type.Object(ledger),
      decisionTime: Percentiles,
    }),
  },
  'analytics.deadRules': {
    method: 'GET',
    path: `${path}/dead-rules`,
    access: 'analyst',
    summary: 'Enabled rules that caught no call in a range, and when they last did',
    input: Type.Object(
      { ...range, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })) },
      closed,
    ),
    output: Type.Object({
      ...Range.properties,
      total: Count,
      items: Type.Array(
        Type.Object({
          ruleId: Id,
          name: Type.String(),
          direction: oneOf(['inbound', 'outbound']),
          lastCaughtAtMs: Type.Optional(
            Type.Integer({ minimum: 0, description: 'The quarter of an hour in which its last call started' }),
          ),
        }),
      ),
    }),
  },
  'analytics.rebuild': {
    method: 'POST',
    path: `${path}/rebuild`,
    access: 'admin',
    summary: 'Make the roll-ups anew from the call records, in the background',
    status: 202,
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ isRebuilding: Type.Boolean() }),
  },
} as const satisfies Record<string, Operation>
