import Type from 'typebox'
import { strategyNames, type AttemptResult } from '../vocabulary.ts'
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
  Seconds,
  Target,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'

const retryableResults = ['busy', 'no_answer', 'failed', 'cancelled'] as const satisfies readonly AttemptResult[]

const settings = {
  windowHours: Type.Integer({
    minimum: 1,
    maximum: 168,
    default: 24,
    description: 'Rolling window of load_balanced',
  }),
  ringTimeoutSeconds: Seconds(5, 300, 'How long a member rings; the tenant setting unless set'),
  maxAttempts: Type.Integer({
    minimum: 1,
    maximum: 10,
    default: 3,
    description: 'Members tried in one call before the fallback',
  }),
  maxSeconds: Type.Integer({
    minimum: 5,
    maximum: 3600,
    description:
      'How long the attempts of this group may take together before its fallback; as long as they take unless set',
  }),
  stickyMinutes: Type.Integer({
    minimum: 1,
    maximum: 43_200,
    description: 'The same caller gets the same agent again within this time, while it is eligible; off unless set',
  }),
  retryOn: Type.Array(oneOf(retryableResults), {
    uniqueItems: true,
    description: 'Results that go to the next member; busy, no_answer and failed unless set',
  }),
}

export const GroupSettings = Type.Object(
  {
    ...settings,
    ringTimeoutSeconds: Type.Optional(settings.ringTimeoutSeconds),
    maxSeconds: Type.Optional(settings.maxSeconds),
    stickyMinutes: Type.Optional(settings.stickyMinutes),
    retryOn: Type.Optional(settings.retryOn),
  },
  closed,
)
export type GroupSettings = Type.Static<typeof GroupSettings>

const GroupSettingsChange = Type.Object(
  {
    windowHours: Type.Optional(settings.windowHours),
    ringTimeoutSeconds: orNull(settings.ringTimeoutSeconds),
    maxAttempts: Type.Optional(settings.maxAttempts),
    maxSeconds: orNull(settings.maxSeconds),
    stickyMinutes: orNull(settings.stickyMinutes),
    retryOn: orNull(settings.retryOn),
  },
  { ...closed, description: 'What is not named stays as it is; null takes a setting back' },
)

export const Member = Type.Object({
  agentId: Id,
  priority: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 1,
    description: 'Lower goes first in the priority strategy',
  }),
  weight: Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'Share of the calls' }),
  position: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  enabled: Type.Boolean(),
  ringTimeoutSeconds: Type.Optional(Seconds(5, 300, 'How long this member rings; the group setting unless set')),
})
export type Member = Type.Static<typeof Member>

const MemberInput = Type.Object(
  {
    agentId: Id,
    priority: Type.Optional(Member.properties.priority),
    weight: Type.Optional(Member.properties.weight),
    position: Type.Optional(Member.properties.position),
    enabled: Type.Optional(Type.Boolean()),
    ringTimeoutSeconds: Member.properties.ringTimeoutSeconds,
  },
  closed,
)
const members = Type.Array(MemberInput, { maxItems: 1000, description: 'The whole list, in order' })

const fields = {
  name: Name,
  strategy: oneOf(strategyNames),
  settings: GroupSettings,
  fallback: Type.Optional(Target),
}

export const AgentGroup = Type.Object({ ...rowFields, tenantId: Id, ...fields, members: Type.Array(Member) })
export type AgentGroup = Type.Static<typeof AgentGroup>

export const Distribution = Type.Object({
  groupId: Id,
  strategy: oneOf(strategyNames),
  totalFirstChoices: Type.Integer({ minimum: 0 }),
  members: Type.Array(
    Type.Object({
      agentId: Id,
      name: Type.String(),
      eligible: Type.Boolean(),
      why: Type.Optional(Type.String({ description: 'Why it is not eligible' })),
      weight: Type.Integer(),
      activeCalls: Type.Integer(),
      firstChoices: Type.Integer({
        description: 'First choices inside the window, since the set of eligible members last changed',
      }),
      targetShare: Type.Number(),
      realShare: Type.Number(),
      lastUsedAtMs: Type.Optional(Ms),
    }),
  ),
})

export const agentGroupOperations = {
  'agentGroups.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/agent-groups',
    access: 'analyst',
    summary: 'List agent groups',
    input: Type.Object({ ...TenantScope, ...listFields }, closed),
    output: Page(AgentGroup),
  },
  'agentGroups.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/agent-groups',
    access: 'admin',
    summary: 'Create an agent group',
    status: 201,
    input: Type.Object(
      {
        ...TenantScope,
        name: Name,
        strategy: Type.Optional(fields.strategy),
        settings: Type.Optional(Type.Partial(GroupSettings, closed)),
        fallback: Type.Optional(Target),
        members: Type.Optional(members),
      },
      closed,
    ),
    output: AgentGroup,
  },
  'agentGroups.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/agent-groups/:id',
    access: 'analyst',
    summary: 'Read an agent group',
    input: Type.Object(RowScope, closed),
    output: AgentGroup,
  },
  'agentGroups.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/agent-groups/:id',
    access: 'admin',
    summary: 'Change an agent group',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        name: Type.Optional(Name),
        strategy: Type.Optional(fields.strategy),
        settings: Type.Optional(GroupSettingsChange),
        fallback: orNull(Target),
      },
      closed,
    ),
    output: AgentGroup,
  },
  'agentGroups.setMembers': {
    method: 'PUT',
    path: '/api/v1/tenants/:tenantId/agent-groups/:id/members',
    access: 'admin',
    summary: 'Replace the members of a group',
    input: Type.Object({ ...RowScope, version: Type.Optional(Version), members }, closed),
    output: AgentGroup,
  },
  'agentGroups.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/agent-groups/:id',
    access: 'admin',
    summary: 'Delete an agent group; refused with the list of users while it is in use, unless forced',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'agentGroups.distribution': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/agent-groups/:id/distribution',
    access: 'analyst',
    summary: 'How calls are spread over the members right now',
    input: Type.Object(RowScope, closed),
    output: Distribution,
  },
} as const satisfies Record<string, Operation>
