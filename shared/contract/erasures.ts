import Type from 'typebox'
import { closed, Id, Ms, oneOf, RowScope, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

/** Erasing a phone number, or writing a name that tells nothing in its place, in all that calls left behind. */

const count = (description: string) => Type.Integer({ minimum: 0, description })

export const ErasureCounts = Type.Object({
  calls: count('Calls from or to the number, or that dialled it'),
  ongoingCalls: count('Such calls that go on: they are left alone. Ask again when they are over'),
  decisions: count('Routing decisions that hold it'),
  webhookEvents: count('Webhook events that hold it'),
})
export type ErasureCounts = Type.Static<typeof ErasureCounts>

const Finding = Type.Object({ kind: Type.String(), id: Id, name: Type.String() })
export type ErasureFinding = Type.Static<typeof Finding>

export const ErasureReport = Type.Object({
  ...ErasureCounts.properties,
  archives: count('Archives that hold it; they are written anew'),
  exports: count('Exported files that hold it; they are deleted'),
  configuration: Type.Array(Finding, {
    description: 'What holds the number and is yours to change; nothing of it was',
  }),
  backups: Type.Array(Finding, { description: 'Backups that hold the number; Switchyard makes none so far' }),
  scrubbedPages: Type.Optional(count('Pages of the database whose unused space held it')),
  leftPages: Type.Optional(
    count(
      'Pages of the database whose unused space may still hold it, because others kept the write-ahead log busy. Ask again',
    ),
  ),
})
export type ErasureReport = Type.Static<typeof ErasureReport>

const modes = ['erase', 'anonymise'] as const
const states = ['running', 'done', 'failed', 'interrupted'] as const

export const Erasure = Type.Object({
  id: Id,
  mode: oneOf(modes),
  state: oneOf(states, 'interrupted: the server ended meanwhile; ask again, for the number itself is not kept'),
  report: Type.Optional(ErasureReport),
  error: Type.Optional(Type.String()),
  requestedAtMs: Ms,
  finishedAtMs: Type.Optional(Ms),
})
export type Erasure = Type.Static<typeof Erasure>

const number = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'A phone number with + and its country code',
})
const path = '/api/v1/tenants/:tenantId/erasures'

export const erasureOperations = {
  'erasures.preview': {
    method: 'POST',
    path: `${path}/preview`,
    access: 'admin',
    summary: 'What holds a phone number; changes nothing',
    input: Type.Object({ ...TenantScope, number }, closed),
    output: ErasureReport,
  },
  'erasures.create': {
    method: 'POST',
    path,
    access: 'admin',
    summary:
      'Erase a phone number with its calls, or anonymise it: a name that tells nothing stands in its place. Goes on in the background',
    status: 202,
    input: Type.Object({ ...TenantScope, number, mode: oneOf(modes) }, closed),
    output: Erasure,
  },
  'erasures.list': {
    method: 'GET',
    path,
    access: 'admin',
    summary: 'The latest 200 erasures, newest first',
    input: Type.Object(TenantScope, closed),
    output: Type.Object({ items: Type.Array(Erasure) }),
  },
  'erasures.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'admin',
    summary: 'How an erasure stands',
    input: Type.Object(RowScope, closed),
    output: Erasure,
  },
} as const satisfies Record<string, Operation>
