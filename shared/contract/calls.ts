import Type from 'typebox'
import { attemptResults, callStates, directions, dispositions } from '../vocabulary.ts'
import { closed, Id, listFields, Ms, oneOf, Page, RowScope, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'
import { Decision } from './routing.ts'
import { WebhookEvent } from './webhook-events.ts'

/** The durable row of a call: everything that happened under one session token, summed up. */
export const CallRecord = Type.Object({
  id: Id,
  tenantId: Id,
  token: Type.String(),
  direction: oneOf(directions),
  from: Type.String(),
  to: Type.String(),
  state: oneOf(callStates),
  disposition: Type.Optional(oneOf(dispositions)),
  agentId: Type.Optional(Id),
  agentName: Type.Optional(Type.String()),
  groupId: Type.Optional(Id),
  groupName: Type.Optional(Type.String()),
  ruleId: Type.Optional(Id),
  ruleName: Type.Optional(Type.String()),
  trunkId: Type.Optional(Id),
  provider: Type.Optional(Type.String()),
  startedAtMs: Ms,
  answeredAtMs: Type.Optional(Ms),
  endedAtMs: Type.Optional(Ms),
  ringSeconds: Type.Optional(Type.Number({ minimum: 0, description: 'From the start until it was answered' })),
  talkSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  durationSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  attemptCount: Type.Integer({ minimum: 0 }),
  configVersion: Type.Optional(Type.Integer()),
  quality: Type.Optional(
    Type.Object({
      rxMos: Type.Optional(Type.Number()),
      txMos: Type.Optional(Type.Number()),
      rttMs: Type.Optional(Type.Number()),
      ssrc: Type.Optional(Type.String({ description: 'Names the RTP stream' })),
    }),
  ),
  country: Type.Optional(
    Type.String({ description: 'ISO 3166-1 alpha-2 of the outer number: from of inbound calls, to of outbound ones' }),
  ),
  platformTrunkId: Type.Optional(Type.String({ description: "Cloudonix's identifier of the trunk, from the CDR" })),
  platformDisposition: Type.Optional(
    Type.String({ description: "The platform's own word, where the disposition is other" }),
  ),
  reason: Type.Optional(Type.String({ description: 'Why it ended so, where that needs a word' })),
})
export type CallRecord = Type.Static<typeof CallRecord>

export const Attempt = Type.Object({
  n: Type.Integer({ minimum: 1 }),
  agentId: Type.Optional(Id),
  agentName: Type.Optional(Type.String()),
  number: Type.Optional(Type.String({ description: 'The number dialled, where the target was one and not an agent' })),
  trunkId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  startedAtMs: Ms,
  endedAtMs: Type.Optional(Ms),
  result: Type.Optional(oneOf(attemptResults)),
})
export type Attempt = Type.Static<typeof Attempt>

/** A change of state, or an event that changed nothing (`ignored`, with the reason). */
export const Transition = Type.Object({
  atMs: Ms,
  event: Type.String(),
  from: Type.Optional(oneOf(callStates)),
  to: Type.Optional(oneOf(callStates)),
  ignored: Type.Optional(Type.String()),
})
export type Transition = Type.Static<typeof Transition>

export const CallDetail = Type.Object({
  ...CallRecord.properties,
  attempts: Type.Array(Attempt),
  decisions: Type.Array(Decision),
  transitions: Type.Array(Transition),
  webhookEvents: Type.Array(WebhookEvent),
})
export type CallDetail = Type.Static<typeof CallDetail>

/** One choice of a stored decision, made again from what its explanation kept. */
export const RerunChoice = Type.Object({
  kind: oneOf(['rule', 'member', 'trunk']),
  among: Type.String({ description: 'The rules, or the group or target that was asked' }),
  stored: Type.Optional(Type.String({ description: 'Id of what was chosen then; missing is nobody' })),
  again: Type.Optional(Type.String({ description: 'Id of what is chosen now' })),
  same: Type.Boolean(),
  incomplete: Type.Optional(Type.String({ description: 'Why it could not be made again' })),
})
export type RerunChoice = Type.Static<typeof RerunChoice>

export const CallExplanation = Type.Object({
  outcome: oneOf(
    ['same', 'different', 'incomplete'],
    'same: every choice came out as stored; incomplete: some could not be made again, the others came out as stored',
  ),
  decisions: Type.Array(Type.Object({ id: Id, atMs: Ms, summary: Type.String(), choices: Type.Array(RerunChoice) })),
})
export type CallExplanation = Type.Static<typeof CallExplanation>

const many = <T extends Type.TSchema>(one: T) => Type.Optional(Type.Union([one, Type.Array(one, { maxItems: 100 })]))
const text = Type.Optional(Type.String({ maxLength: 255 }))
const mos = Type.Optional(Type.Number({ minimum: 1, maximum: 5, description: 'Of the worse direction' }))
const seconds = Type.Optional(Type.Number({ minimum: 0 }))

const callFilters = {
  from: text,
  fromPrefix: text,
  fromContains: text,
  to: text,
  toPrefix: text,
  toContains: text,
  startMs: Type.Optional(Ms),
  endMs: Type.Optional(Ms),
  agentId: many(Id),
  groupId: many(Id),
  ruleId: many(Id),
  trunkId: many(Id),
  provider: many(Type.String()),
  direction: many(oneOf(directions)),
  state: many(oneOf(callStates)),
  disposition: many(oneOf(dispositions)),
  minDurationSeconds: seconds,
  maxDurationSeconds: seconds,
  token: text,
  failedOver: Type.Optional(Type.Boolean()),
  minMos: mos,
  maxMos: mos,
  search: Type.Optional(
    Type.String({ maxLength: 200, description: 'Part of a number, or the beginning of a session token' }),
  ),
}

/** What a list of calls is narrowed by, on its own. */
export const CallFilters = Type.Object(callFilters, closed)

const callSorts = ['start', 'duration', 'agent'] as const

const CallPage = Type.Object({
  ...Page(CallRecord).properties,
  prevCursor: Type.Optional(Type.String()),
  total: Type.Optional(Type.Integer({ minimum: 0, description: 'With the first page' })),
  totalIsEstimate: Type.Optional(Type.Boolean({ description: 'Counting would take too long: it is about as many' })),
  isPartial: Type.Optional(
    Type.Boolean({ description: 'Not all could be looked through in time; a cursor goes on where the search stopped' }),
  ),
  searchedBackToMs: Type.Optional({
    ...Ms,
    description: 'Of a partial page, newest first: what started before has not been looked at yet',
  }),
})

export const callOperations = {
  'calls.live': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/calls/live',
    access: 'analyst',
    summary: 'Calls going on now, newest first',
    input: Type.Object({ ...TenantScope, limit: listFields.limit }, closed),
    output: Page(CallRecord),
  },
  'calls.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/calls',
    access: 'analyst',
    summary: 'Search call records, newest first unless asked otherwise',
    input: Type.Object(
      {
        ...TenantScope,
        limit: listFields.limit,
        cursor: Type.Optional(Type.String({ maxLength: 400, description: 'nextCursor or prevCursor of another page' })),
        sort: Type.Optional(oneOf(callSorts)),
        order: Type.Optional(
          oneOf(
            ['asc', 'desc'],
            'asc for agents, else desc; whatever the order, the calls of an agent are newest first',
          ),
        ),
        ...callFilters,
      },
      closed,
    ),
    output: CallPage,
  },
  'calls.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/calls/:id',
    access: 'analyst',
    summary: 'One call with its whole timeline; id is the record id or the session token',
    input: Type.Object({ ...RowScope, id: Type.String({ minLength: 1, maxLength: 255 }) }, closed),
    output: CallDetail,
  },
  'calls.explain': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/calls/:id/explain',
    access: 'analyst',
    summary: 'Make every decision of a call again from its stored explanation, and compare; nothing is changed',
    input: Type.Object({ ...RowScope, id: Type.String({ minLength: 1, maxLength: 255 }) }, closed),
    output: CallExplanation,
  },
  'calls.hangup': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/calls/:id/hangup',
    access: 'admin',
    summary: 'Ask Cloudonix to end a call that is going on; its end is then told by events',
    input: Type.Object({ ...RowScope, id: Type.String({ minLength: 1, maxLength: 255 }) }, closed),
  },
} as const satisfies Record<string, Operation>
