import Type from 'typebox'
import { rejectReasons } from '../vocabulary.ts'

/** Small schemas that several nouns share. */

const strict = { additionalProperties: false } as const
export const closed = strict

export const oneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...(description !== undefined && { description }) })

export const Id = Type.String({ minLength: 1, maxLength: 64, description: 'Opaque identifier' })
export const Name = Type.String({ minLength: 1, maxLength: 120, pattern: '\\S', description: 'What people call it' })
/** The last instant that JavaScript has a date for. What is larger is no integer to the database either. */
const lastMs = 8_640_000_000_000_000
export const Ms = Type.Integer({ minimum: 0, maximum: lastMs, description: 'Milliseconds since 1970-01-01 UTC' })
export const Version = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Optimistic lock: send back the one you read',
})
export const Seconds = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description: `${description} (seconds)` })

/** What every stored row carries. */
export const rowFields = { id: Id, version: Version, createdAtMs: Ms, updatedAtMs: Ms }

export const TenantScope = { tenantId: Id }
export const RowScope = { tenantId: Id, id: Id }

const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Rows per page' })
export const listFields = {
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Type.String({ maxLength: 400, description: 'nextCursor of the page before' })),
  search: Type.Optional(Type.String({ maxLength: 200 })),
}
export const Page = <T extends Type.TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    nextCursor: Type.Optional(Type.String()),
    total: Type.Optional(Type.Integer({ minimum: 0 })),
  })

/** A field of a change: null takes back what was set. */
export const orNull = <T extends Type.TSchema>(field: T) => Type.Optional(Type.Union([field, Type.Null()]))

export const ScheduleId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'The schedule it goes by; always unless set',
})

export const Pattern = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Exact number (+12025550100), prefix (+1202*) or * for any',
})

const AgentTarget = Type.Object({ type: Type.Literal('agent'), id: Id }, strict)
const GroupTarget = Type.Object({ type: Type.Literal('group'), id: Id }, strict)
const NumberTarget = Type.Object(
  {
    type: Type.Literal('number'),
    value: Type.String({ minLength: 1, maxLength: 64 }),
    trunkIds: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        maxItems: 20,
        description: 'Without any the default trunk; a number without + that may be a subscriber goes without one',
      }),
    ),
  },
  strict,
)
const MessageTarget = Type.Object(
  {
    type: Type.Literal('message'),
    value: Type.String({ minLength: 1, maxLength: 1000, description: 'Text spoken to the caller' }),
  },
  strict,
)
const RejectTarget = Type.Object({ type: Type.Literal('reject'), value: Type.Optional(oneOf(rejectReasons)) }, strict)
const HangupTarget = Type.Object({ type: Type.Literal('hangup') }, strict)

/** Where a call goes. */
export const Target = Type.Union([AgentTarget, GroupTarget, NumberTarget, MessageTarget, RejectTarget, HangupTarget])
export type Target = Type.Static<typeof Target>
