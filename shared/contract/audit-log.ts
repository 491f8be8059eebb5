import Type from 'typebox'
import { auditActorKinds, auditTransports, roles } from '../vocabulary.ts'
import { closed, Id, listFields, Ms, oneOf, Page } from './fields.ts'
import type { Operation } from './operation.ts'

/** Who changed what, from where, before and after: rows that are added and never changed, each with the hash of the one before. */

const Fields = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description })

export const AuditEntry = Type.Object({
  seq: Type.Integer({ minimum: 1, description: 'Its place in the chain' }),
  atMs: Ms,
  tenantId: Type.Optional(Type.String({ description: 'Absent where the whole site is concerned' })),
  actor: Type.Object({
    kind: oneOf(auditActorKinds, 'local: at the desktop window or the command line; system: nobody asked'),
    id: Type.Optional(Type.String({ description: 'Of the user, or of the API token; names may be given twice' })),
    name: Type.String(),
    role: Type.Optional(oneOf(roles)),
  }),
  origin: Type.Object({
    transport: oneOf(auditTransports),
    address: Type.Optional(Type.String({ description: 'Who sent the request' })),
  }),
  noun: Type.String({ description: 'What was changed, e.g. voiceAgents' }),
  action: Type.String({ description: 'create, update, delete, or what else was done' }),
  id: Type.Optional(Type.String({ description: 'Which one' })),
  before: Type.Optional(Fields('Fields that changed as they were; secrets and phone numbers as salted hashes')),
  after: Type.Optional(Fields('Fields that changed as they are; secrets and phone numbers as salted hashes')),
  hash: Type.String({ description: 'SHA-256 over this row and the hash before it' }),
})
export type AuditEntry = Type.Static<typeof AuditEntry>

const auditProblems = ['changed', 'removed', 'moved', 'rewritten', 'cut_off'] as const

const AuditProblem = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  kind: oneOf(
    auditProblems,
    'changed: its hash is not that of its content; removed: it is missing; moved: it stood elsewhere; rewritten: the next one follows another row; cut_off: it is missing at the end',
  ),
  message: Type.String(),
})
export type AuditProblem = Type.Static<typeof AuditProblem>

const AuditVerification = Type.Object({
  isIntact: Type.Boolean(),
  rows: Type.Integer({ minimum: 0, description: 'Rows that were looked at' }),
  head: Type.Optional(
    Type.Object({ seq: Type.Integer(), hash: Type.String() }, { description: 'The newest row; keep it elsewhere' }),
  ),
  problems: Type.Array(AuditProblem, { description: 'The first hundred' }),
  problemCount: Type.Integer({ minimum: 0 }),
})
export type AuditVerification = Type.Static<typeof AuditVerification>

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }))

export const auditLogOperations = {
  'auditLog.list': {
    method: 'GET',
    path: '/api/v1/audit-log',
    access: 'admin',
    summary: 'Who changed what, newest first; who holds for one tenant sees what concerns that one',
    input: Type.Object(
      {
        limit: listFields.limit,
        cursor: listFields.cursor,
        tenantId: Type.Optional(Id),
        actor: text('Name of who did it'),
        action: text('create, update, delete …'),
        noun: text('voiceAgents, inboundRules, tenants …'),
        id: text('Which one'),
        startMs: Type.Optional({ ...Ms, description: 'From then on' }),
        endMs: Type.Optional({ ...Ms, description: 'Before then' }),
      },
      closed,
    ),
    output: Page(AuditEntry),
  },
  'auditLog.verify': {
    method: 'GET',
    path: '/api/v1/audit-log/verify',
    access: 'admin',
    summary: 'Whether the chain of the audit log is whole, from its first row to its last',
    input: Type.Object({}, closed),
    output: AuditVerification,
  },
} as const satisfies Record<string, Operation>
