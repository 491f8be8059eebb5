import Type from 'typebox'
import { directions, strategyNames, targetTypes } from '../vocabulary.ts'
import { closed, Id, Ms, oneOf, Target, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

/** The end of the year 9999. */
const latestMs = 253_402_300_799_999

/** A number as it came and as it is understood. `how` is a sentence in the operator's words. */
const NumberReading = Type.Object({ text: Type.String(), number: Type.String(), how: Type.String() })

const ConsideredRule = Type.Object({
  ruleId: Id,
  name: Type.String(),
  pattern: Type.String(),
  priority: Type.Integer(),
  verdict: Type.String({ description: 'chosen, or why it was passed over' }),
  chosen: Type.Boolean(),
})

const ComparedMember = Type.Object({
  agentId: Id,
  name: Type.String(),
  eligible: Type.Boolean(),
  verdict: Type.String({ description: 'chosen, eligible, or why it was passed over' }),
  chosen: Type.Boolean(),
  weight: Type.Optional(Type.Integer()),
  priority: Type.Optional(Type.Integer()),
  activeCalls: Type.Optional(Type.Integer()),
  firstChoices: Type.Optional(
    Type.Integer({ description: 'First choices inside the window, since the set of eligible members last changed' }),
  ),
  lastUsedAtMs: Type.Optional(Ms),
  behind: Type.Optional(Type.Number({ description: 'Calls behind its weighted share, this call included' })),
  sticky: Type.Optional(Type.Boolean({ description: "Chosen because it took this caller's last call" })),
})

const ComparedTrunk = Type.Object({
  trunkId: Id,
  name: Type.String(),
  eligible: Type.Boolean(),
  verdict: Type.String({ description: 'chosen, comes later, or why it was passed over' }),
  chosen: Type.Boolean(),
})

/** One step on the way from the rule to the document: a group asked, an agent tried, a fallback taken. */
export const RoutingStep = Type.Object({
  type: oneOf(targetTypes),
  id: Type.Optional(Id),
  name: Type.Optional(Type.String()),
  because: Type.String({ description: 'What led here, e.g. "rule Sales line" or "fallback of group Sales EU"' }),
  outcome: Type.String({ description: 'What came of it, e.g. "Vapi 3 chosen" or "no eligible member"' }),
  strategy: Type.Optional(oneOf(strategyNames)),
  chance: Type.Optional(Type.Number({ description: 'What a strategy that goes by chance was given: 0 to below 1' })),
  members: Type.Optional(Type.Array(ComparedMember)),
  moreMembers: Type.Optional(Type.Integer({ description: 'Members compared but not listed' })),
  trunks: Type.Optional(Type.Array(ComparedTrunk)),
})

/** Why a decision came out as it did, readable on one screen. */
export const Explanation = Type.Object({
  summary: Type.String({ description: 'One sentence' }),
  trigger: oneOf(['voice_request', 'dial_result', 'test'], 'What asked for a decision'),
  after: Type.Optional(Type.String({ description: 'For a dial result: what became of the attempt before' })),
  direction: Type.Optional(oneOf(directions)),
  from: Type.Optional(NumberReading),
  to: Type.Optional(NumberReading),
  rules: Type.Optional(Type.Array(ConsideredRule)),
  moreRules: Type.Optional(Type.Integer({ description: 'Rules passed over but not listed' })),
  steps: Type.Array(RoutingStep),
  notes: Type.Optional(Type.Array(Type.String())),
  tookMicros: Type.Optional(Type.Integer({ minimum: 0 })),
})
export type Explanation = Type.Static<typeof Explanation>
export type RoutingStep = Type.Static<typeof RoutingStep>

/** The outcome of routing one request. */
export const DecisionOutcome = Type.Object({
  target: Target,
  agentId: Type.Optional(Id),
  agentName: Type.Optional(Type.String()),
  groupId: Type.Optional(Id),
  ruleId: Type.Optional(Id),
  provider: Type.Optional(Type.String()),
  trunkId: Type.Optional(Id),
  trunkName: Type.Optional(Type.String()),
  attempt: Type.Optional(Type.Integer({ minimum: 1 })),
})
export type DecisionOutcome = Type.Static<typeof DecisionOutcome>

export const Decision = Type.Object({
  id: Id,
  atMs: Ms,
  ...DecisionOutcome.properties,
  explanation: Explanation,
  cxml: Type.String({ description: 'The document sent, credentials and signed state masked' }),
})
export type Decision = Type.Static<typeof Decision>

export const routingOperations = {
  'routing.test': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/routing/test',
    access: 'analyst',
    summary: 'What would happen to a call; nothing is changed',
    input: Type.Object(
      {
        ...TenantScope,
        direction: Type.Optional(oneOf(directions)),
        from: Type.String({ maxLength: 255 }),
        to: Type.String({ maxLength: 255 }),
        atMs: Type.Optional(
          Type.Integer({ minimum: 0, maximum: latestMs, description: 'The moment to decide at; now unless set' }),
        ),
      },
      closed,
    ),
    output: Type.Object({ decision: DecisionOutcome, explanation: Explanation, cxml: Type.String() }),
  },
} as const satisfies Record<string, Operation>
