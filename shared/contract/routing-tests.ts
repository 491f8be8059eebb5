import Type from 'typebox'
import { directions, targetTypes } from '../vocabulary.ts'
import {
  closed,
  Id,
  listFields,
  Ms,
  Name,
  oneOf,
  orNull,
  Page,
  rowFields,
  RowScope,
  Target,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'
import { DecisionOutcome } from './routing.ts'

/** Offline rule testing: tables of numbers, and cases with expectations. Nothing is changed by a test. */

export const mostTestRows = 10_000

const TestedRow = Type.Object({
  line: Type.Integer({
    minimum: 1,
    description: 'Where the row stands: its line in the CSV text, or its place in rows',
  }),
  from: Type.String(),
  to: Type.String(),
  problem: Type.Optional(Type.String({ description: 'Why this row could not be tested' })),
  fromNumber: Type.Optional(Type.String({ description: 'The number read' })),
  toNumber: Type.Optional(Type.String({ description: 'The number read' })),
  direction: Type.Optional(oneOf(directions)),
  ruleId: Type.Optional(Id),
  ruleName: Type.Optional(Type.String()),
  groupId: Type.Optional(Id),
  groupName: Type.Optional(Type.String()),
  agentId: Type.Optional(Id),
  agentName: Type.Optional(Type.String()),
  trunkId: Type.Optional(Id),
  trunkName: Type.Optional(Type.String()),
  target: Type.Optional(Target),
  summary: Type.Optional(Type.String()),
})
export type TestedRow = Type.Static<typeof TestedRow>

const number = Type.String({ maxLength: 255 })
const direction = oneOf(directions)

export const TestExpectation = Type.Object(
  {
    outcome: Type.Optional(oneOf(targetTypes, 'What the call comes to')),
    target: Type.Optional(Target),
    direction: Type.Optional(direction),
    ruleId: Type.Optional(Id),
    groupId: Type.Optional(Id),
    agentId: Type.Optional(Id),
    provider: Type.Optional(Type.String({ maxLength: 64 })),
    trunkId: Type.Optional(Id),
  },
  { ...closed, minProperties: 1, description: 'All that is named must be so' },
)
export type TestExpectation = Type.Static<typeof TestExpectation>

const fields = {
  name: Name,
  direction: Type.Optional(direction),
  from: number,
  to: number,
  atMs: Type.Optional(Ms),
  expect: TestExpectation,
}
export const RoutingTestCase = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type RoutingTestCase = Type.Static<typeof RoutingTestCase>

const Difference = Type.Object({ field: Type.String(), expected: Type.String(), came: Type.String() })
export const TestCaseResult = Type.Object({
  id: Id,
  name: Type.String(),
  passed: Type.Boolean(),
  differences: Type.Array(Difference, { description: 'What came instead; empty when it passed' }),
  decision: DecisionOutcome,
  summary: Type.String(),
})
export type TestCaseResult = Type.Static<typeof TestCaseResult>

const path = '/api/v1/tenants/:tenantId/routing/test-cases'

export const routingTestOperations = {
  'routing.testBatch': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/routing/test-batch',
    access: 'analyst',
    summary: 'What would happen to many calls; nothing is changed',
    input: Type.Object(
      {
        ...TenantScope,
        direction: Type.Optional(direction),
        atMs: Type.Optional(Ms),
        rows: Type.Optional(
          Type.Array(Type.Object({ from: Type.Optional(Type.String()), to: Type.Optional(Type.String()) }, closed), {
            maxItems: mostTestRows,
          }),
        ),
        csv: Type.Optional(Type.String({ description: 'Instead of rows: CSV text with the columns from and to' })),
        format: Type.Optional(oneOf(['csv'], 'Answers the table as CSV text too, safe to open in a spreadsheet')),
      },
      closed,
    ),
    output: Type.Object({
      items: Type.Array(TestedRow),
      badRows: Type.Integer({ minimum: 0 }),
      csv: Type.Optional(Type.String()),
    }),
  },
  'routing.testCases.list': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'List test cases by name',
    input: Type.Object({ ...TenantScope, ...listFields }, closed),
    output: Page(RoutingTestCase),
  },
  'routing.testCases.create': {
    method: 'POST',
    path,
    access: 'admin',
    summary: 'Keep a call with what must become of it',
    status: 201,
    input: Type.Object({ ...TenantScope, ...fields }, closed),
    output: RoutingTestCase,
  },
  'routing.testCases.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Read a test case',
    input: Type.Object(RowScope, closed),
    output: RoutingTestCase,
  },
  'routing.testCases.update': {
    method: 'PATCH',
    path: `${path}/:id`,
    access: 'admin',
    summary: 'Change a test case',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        direction: orNull(direction),
        atMs: orNull(Ms),
      },
      closed,
    ),
    output: RoutingTestCase,
  },
  'routing.testCases.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'admin',
    summary: 'Delete a test case',
    input: Type.Object(RowScope, closed),
  },
  'routing.testCases.run': {
    method: 'POST',
    path: `${path}/run`,
    access: 'analyst',
    summary: 'Run test cases, all unless some are named; nothing is changed',
    input: Type.Object(
      { ...TenantScope, ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true })) },
      closed,
    ),
    output: Type.Object({
      passed: Type.Integer({ minimum: 0 }),
      failed: Type.Integer({ minimum: 0 }),
      items: Type.Array(TestCaseResult),
    }),
  },
} as const satisfies Record<string, Operation>
