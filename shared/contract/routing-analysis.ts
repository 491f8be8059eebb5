import Type from 'typebox'
import { findingKinds, findingSeverities } from '../vocabulary.ts'
import { closed, Id, oneOf, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

const Witness = Type.Object({ to: Type.String(), from: Type.String() })

const Finding = Type.Object({
  kind: oneOf(findingKinds),
  severity: oneOf(findingSeverities),
  message: Type.String({ description: 'What is wrong, and the way out' }),
  ruleId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  agentId: Type.Optional(Id),
  otherId: Type.Optional(
    Type.String({ description: 'The rule that wins instead, what the target leads to, or the trunk' }),
  ),
  witness: Type.Optional(Witness),
  atMs: Type.Optional(Type.Integer({ description: 'A time at which it is so, where it is at times' })),
})

const Count = Type.Integer({ minimum: 0 })
const kind = oneOf(findingKinds)

const RoutingAnalysis = Type.Object({
  configVersion: Type.Integer({ minimum: 1 }),
  rules: Type.Integer({ minimum: 0, description: 'Inbound and outbound rules looked at' }),
  counts: Type.Record(Type.String(), Count, { description: 'Findings by kind' }),
  findings: Type.Array(Finding),
  moreFindings: Type.Integer({ minimum: 0, description: 'Found but not listed' }),
  reached: Type.Array(Type.Object({ ruleId: Id, ...Witness.properties }), {
    description: 'For each enabled rule that matches calls: one that it takes, of an outbound rule one that goes out',
  }),
  moreReached: Type.Integer({ minimum: 0, description: 'Reached but not listed' }),
})

export const routingAnalysisOperations = {
  'routing.analysis': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/routing/analysis',
    access: 'analyst',
    summary:
      'Inbound and outbound rules that no call reaches, targets and trunks that lead nowhere, groups nobody answers, each with its proof',
    input: Type.Object(
      {
        ...TenantScope,
        limit: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 1000,
            default: 200,
            description: 'Findings, and reached rules, to list',
          }),
        ),
        ruleId: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'Only what is about this rule' }),
        ),
        kind: Type.Optional(
          Type.Union([kind, Type.Array(kind, { maxItems: findingKinds.length })], { description: 'Kinds to list' }),
        ),
      },
      closed,
    ),
    output: RoutingAnalysis,
  },
} as const satisfies Record<string, Operation>
