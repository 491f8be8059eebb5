import Type from 'typebox'
import { closed, Ms, oneOf, orNull, TenantScope, Version } from './fields.ts'
import type { Operation } from './operation.ts'

/** How long records are kept, where they go, and how they come back. */

const days = (what: string) => Type.Integer({ minimum: 1, maximum: 36_500, description: what })

const settings = {
  callDays: days('Days that call records stay with their attempts and decisions'),
  webhookEventDays: days('Days that webhook events stay'),
  rollupDays: days('Days that the sums behind analytics stay'),
  archive: Type.Boolean({
    description: 'Whether calls and webhook events are archived before; they are unless set to false',
  }),
}
export const Retention = Type.Partial(Type.Object(settings), {
  ...closed,
  description: 'How long records are kept; what is not set is as the site has it',
})
export type Retention = Type.Static<typeof Retention>

const SiteRetention = Type.Object({
  ...Type.Partial(Type.Object(settings)).properties,
  version: Version,
  updatedAtMs: Type.Optional(Ms),
})
export type SiteRetention = Type.Static<typeof SiteRetention>

const Kind = oneOf(['calls', 'webhook_events'])
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A UTC day, e.g. 2026-03-31' })
const count = Type.Integer({ minimum: 0 })

const Archive = Type.Object({
  kind: Kind,
  day: Day,
  rows: count,
  bytes: count,
  sha256: Type.String({ description: 'Of the compressed file' }),
  madeAtMs: Ms,
  keptUntilMs: Type.Optional(Type.Integer({ description: 'Its rows were brought back and stay until then' })),
})

const Removed = Type.Object({ calls: count, webhookEvents: count })
export type RemovedRecords = Type.Static<typeof Removed>

const StorageSize = Type.Object({
  databaseBytes: count,
  walBytes: Type.Integer({ minimum: 0, description: 'The write-ahead log' }),
  freeBytes: Type.Integer({ minimum: 0, description: 'Part of the database that holds nothing' }),
  shrinks: Type.Boolean({
    description: 'Whether free pages go back to the file system; only in databases that were made with that',
  }),
  tables: Type.Array(Type.Object({ name: Type.String(), bytes: count }), {
    description: 'With their indexes, largest first; absent unless asked for, for every page of the file is read',
  }),
  archiveBytes: count,
  exportBytes: count,
})

const path = '/api/v1/tenants/:tenantId/archives'

export const retentionOperations = {
  'retention.get': {
    method: 'GET',
    path: '/api/v1/retention',
    access: 'owner',
    summary: 'How long records are kept of tenants that do not set it themselves; for good unless set',
    input: Type.Object({}, closed),
    output: SiteRetention,
  },
  'retention.update': {
    method: 'PATCH',
    path: '/api/v1/retention',
    access: 'owner',
    summary: 'Change how long records are kept; in force with the next run',
    input: Type.Object(
      {
        version: Version,
        callDays: orNull(settings.callDays),
        webhookEventDays: orNull(settings.webhookEventDays),
        rollupDays: orNull(settings.rollupDays),
        archive: orNull(settings.archive),
      },
      { ...closed, description: 'What is not named stays as it is; null takes a setting back' },
    ),
    output: SiteRetention,
  },
  'retention.archives': {
    method: 'GET',
    path,
    access: 'admin',
    summary: 'List archives by kind and day',
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ items: Type.Array(Archive) }),
  },
  'retention.restore': {
    method: 'POST',
    path: `${path}/restore`,
    access: 'admin',
    summary: 'Bring the records of an archive back; those that are there stay as they are',
    input: Type.Object(
      {
        ...TenantScope,
        kind: Kind,
        day: Day,
        keepDays: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 3650, description: 'Days that they stay this time; 30 unless set' }),
        ),
      },
      closed,
    ),
    output: Type.Object({ restored: count, keptUntilMs: Ms }),
  },
  'retention.run': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/retention/run',
    access: 'admin',
    summary: 'Archive and remove now what is older than retention says; otherwise done every hour',
    input: Type.Object(TenantScope, closed),
    output: Removed,
  },
  'retention.size': {
    method: 'GET',
    path: '/api/v1/retention/size',
    access: 'owner',
    summary: 'How much room everything takes',
    input: Type.Object({ tables: Type.Optional(Type.Boolean({ description: 'Each table by itself' })) }, closed),
    output: Type.Object({ ...StorageSize.properties, tables: Type.Optional(StorageSize.properties.tables) }),
  },
} as const satisfies Record<string, Operation>
