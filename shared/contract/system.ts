import Type from 'typebox'
import { roles } from '../vocabulary.ts'
import { closed, Id, Ms, oneOf } from './fields.ts'
import type { Operation } from './operation.ts'

export const SystemInfo = Type.Object({
  version: Type.String(),
  startedAtMs: Ms,
  nowMs: Ms,
  nodeVersion: Type.String(),
  dataDir: Type.Optional(Type.String({ description: 'Shown to owners and admins of the whole site' })),
  runtimeState: oneOf(['embedded', 'redis']),
  publicUrl: Type.Optional(Type.String()),
  webhookUrl: Type.Optional(Type.String()),
  demo: Type.Boolean(),
  actor: Type.Object({ name: Type.String(), role: oneOf(roles), tenantId: Type.Optional(Id) }),
})
export type SystemInfo = Type.Static<typeof SystemInfo>

export const SystemHealth = Type.Object({
  status: oneOf(['ok', 'degraded', 'closing']),
  problems: Type.Array(Type.Object({ part: Type.String(), message: Type.String(), sinceMs: Ms })),
  counters: Type.Optional(
    Type.Object(
      {
        voiceRequests: Type.Integer(),
        dialResults: Type.Integer(),
        sessionUpdates: Type.Integer(),
        cdrs: Type.Integer(),
        duplicates: Type.Integer(),
        undurableAnswers: Type.Integer({ description: 'Answers sent before their decision was written' }),
        faults: Type.Integer(),
        dialectFindings: Type.Integer({ description: 'Fields and values of webhooks that nobody documented' }),
        unknownKeys: Type.Integer({ description: 'Webhooks to an address of no tenant' }),
        activeCalls: Type.Integer(),
        writeBacklog: Type.Integer({ description: 'Writes waiting for the store' }),
      },
      { description: 'Of the whole site; not shown to who holds for one tenant' },
    ),
  ),
})
export type SystemHealth = Type.Static<typeof SystemHealth>
export type SystemCounters = NonNullable<SystemHealth['counters']>

export const systemOperations = {
  'system.info': {
    method: 'GET',
    path: '/api/v1/system/info',
    access: 'analyst',
    summary: 'Version, paths, and who you are',
    input: Type.Object({}, closed),
    output: SystemInfo,
  },
  'system.health': {
    method: 'GET',
    path: '/api/v1/system/health',
    access: 'analyst',
    summary: 'Whether everything works, and the counters',
    input: Type.Object({}, closed),
    output: SystemHealth,
  },
} as const satisfies Record<string, Operation>
