import Type from 'typebox'
import { attemptResults, circuitOverrides, circuitStates } from '../vocabulary.ts'
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
  ScheduleId,
  TenantScope,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'

const fields = {
  name: Name,
  provider: Type.String({ minLength: 1, maxLength: 64, description: 'Key of the provider catalogue' }),
  value: Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'What is dialled: an E.164 number, a SIP URI or a WebSocket URL, as the provider wants it',
  }),
  username: Type.Optional(Type.String({ maxLength: 128 })),
  enabled: Type.Boolean(),
  maxConcurrentCalls: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100_000, description: 'Cap on active calls; none unless set' }),
  ),
  scheduleId: Type.Optional(ScheduleId),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 60 }), { maxItems: 50 }),
  metadata: Type.Record(Type.String({ maxLength: 60 }), Type.String({ maxLength: 1000 })),
}
const password = Type.String({ minLength: 1, maxLength: 255, description: 'SIP digest password. Write only' })

export const AgentHealth = Type.Object({
  circuit: oneOf(circuitStates, 'Whether calls go to it: all, one at a time to find out, or none'),
  circuitReason: Type.Optional(Type.String({ description: 'Why it is not closed' })),
  retryAtMs: Type.Optional({ ...Ms, description: 'When an open circuit is tried next' }),
  activeCalls: Type.Integer({ minimum: 0 }),
  recentResults: Type.Array(Type.Object({ atMs: Ms, result: oneOf(attemptResults) })),
})

export const VoiceAgent = Type.Object({
  ...rowFields,
  tenantId: Id,
  ...fields,
  draining: Type.Boolean({ description: 'It takes no new calls; active ones finish' }),
  circuitOverride: oneOf(circuitOverrides, 'auto leaves the circuit to the results'),
  hasPassword: Type.Boolean(),
  health: AgentHealth,
})
export type VoiceAgent = Type.Static<typeof VoiceAgent>

/** One change of a circuit, of an agent or of its provider. */
export const CircuitChange = Type.Object({
  atMs: Ms,
  subject: Type.Object({ kind: oneOf(['agent', 'provider']), id: Type.String() }),
  from: oneOf(circuitStates),
  to: oneOf(circuitStates),
  reason: Type.Optional(Type.String()),
})
export type CircuitChange = Type.Static<typeof CircuitChange>

export const voiceAgentOperations = {
  'voiceAgents.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/voice-agents',
    access: 'analyst',
    summary: 'List voice agents',
    input: Type.Object(
      { ...TenantScope, ...listFields, provider: Type.Optional(Type.String()), enabled: Type.Optional(Type.Boolean()) },
      closed,
    ),
    output: Page(VoiceAgent),
  },
  'voiceAgents.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/voice-agents',
    access: 'admin',
    summary: 'Create a voice agent',
    status: 201,
    input: Type.Object(
      {
        ...TenantScope,
        ...Type.Partial(Type.Object(fields)).properties,
        name: Name,
        provider: fields.provider,
        value: fields.value,
        password: Type.Optional(password),
      },
      closed,
    ),
    output: VoiceAgent,
  },
  'voiceAgents.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id',
    access: 'analyst',
    summary: 'Read a voice agent',
    input: Type.Object(RowScope, closed),
    output: VoiceAgent,
  },
  'voiceAgents.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id',
    access: 'admin',
    summary: 'Change a voice agent',
    input: Type.Object(
      {
        ...RowScope,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        username: orNull(Type.String({ maxLength: 128 })),
        password: orNull(password),
        maxConcurrentCalls: orNull(Type.Integer({ minimum: 1, maximum: 100_000 })),
        scheduleId: orNull(ScheduleId),
      },
      closed,
    ),
    output: VoiceAgent,
  },
  'voiceAgents.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id',
    access: 'admin',
    summary: 'Delete a voice agent; refused with the list of users while it is in use, unless forced',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'voiceAgents.bulk': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/voice-agents/bulk',
    access: 'admin',
    summary: 'Enable, disable or delete up to 100 voice agents',
    input: Type.Object(
      {
        ...TenantScope,
        action: oneOf(['enable', 'disable', 'delete']),
        ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
        force: Type.Optional(Type.Boolean()),
      },
      closed,
    ),
    output: Type.Object({ changed: Type.Integer({ minimum: 0 }) }),
  },
  'voiceAgents.drain': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id/drain',
    access: 'admin',
    summary: 'Stop sending new calls to an agent, or go on; active calls finish',
    status: 200,
    input: Type.Object({ ...RowScope, draining: Type.Boolean() }, closed),
    output: VoiceAgent,
  },
  'voiceAgents.setCircuit': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id/circuit',
    access: 'admin',
    summary: 'Hold the circuit of an agent open or closed, or leave it to the results, beginning anew',
    status: 200,
    input: Type.Object({ ...RowScope, state: oneOf(circuitOverrides) }, closed),
    output: VoiceAgent,
  },
  'voiceAgents.circuitChanges': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/voice-agents/:id/circuit',
    access: 'analyst',
    summary: 'How the circuits of an agent and of its provider changed, newest first',
    input: Type.Object({ ...RowScope, limit: listFields.limit, cursor: listFields.cursor }, closed),
    output: Page(CircuitChange),
  },
} as const satisfies Record<string, Operation>
