import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import {
  operations,
  type Actor,
  type Failure,
  type Handlers,
  type OperationName,
  type Reply,
} from '../../shared/contract/index.ts'
import type { Operation } from '../../shared/contract/operation.ts'
import { roles, type ErrorCode, type Role } from '../../shared/vocabulary.ts'
import { DomainError } from '../domain/errors.ts'
import type { Origin, Provenance } from '../ports/audit.ts'
import { inputProblems } from './input-problems.ts'
import type { RefusalNotes } from './refusal-notes.ts'

/** The one gate every transport passes. The transport says who the actor is, and where the request comes from. */
export type Dispatch = (
  actor: Actor | undefined,
  name: string,
  input: unknown,
  origin?: Origin,
) => Promise<Reply<unknown>>

/** Who wants to know on whose behalf things are done, and what was refused. */
export interface Witness {
  readonly run: Provenance['run']
  readonly forbidden: RefusalNotes['forbidden']
}

// A choice between six shapes makes more problems than the default of eight; which one was meant shows only in all of them.
Settings.Set({ maxErrors: 100 })

const validators = new Map(Object.entries(operations).map(([name, operation]) => [name, Compile(operation.input)]))

const isOperation = (name: string): name is OperationName => Object.hasOwn(operations, name)

const failure = (code: ErrorCode, message: string, details?: Failure['details']): { ok: false; error: Failure } => ({
  ok: false,
  error: details === undefined ? { code, message } : { code, message, details },
})

const mayCall = (actor: Actor, access: Role): boolean => roles.indexOf(actor.role) <= roles.indexOf(access)

/** Another tenant's things are not found, rather than forbidden: their existence is nobody's business. */
const isOtherTenant = (actor: Actor, input: unknown): boolean =>
  actor.tenantId !== undefined &&
  (input as { tenantId?: string }).tenantId !== undefined &&
  (input as { tenantId?: string }).tenantId !== actor.tenantId

/** What names no tenant holds for the whole site: whoever is bound to one may look, but not touch. */
const isBeyondTenant = (actor: Actor, name: OperationName): boolean => {
  const { method, path, isOwn }: Operation = operations[name]
  return actor.tenantId !== undefined && method !== 'GET' && isOwn !== true && !path.includes('/:tenantId')
}

const nobody: Witness = { run: (_by, work) => work(), forbidden: () => undefined }

/** Of an input that nobody has looked at yet. */
const tenantOf = (input: unknown): string | undefined => {
  const tenantId = (input as { readonly tenantId?: unknown } | null | undefined)?.tenantId
  return typeof tenantId === 'string' && tenantId.length <= 64 ? tenantId : undefined
}

export const createDispatch =
  (handlers: Handlers, report: (error: unknown, name: string) => void, witness = nobody): Dispatch =>
  async (actor, name, input, origin = { transport: 'system' }) => {
    if (!isOperation(name)) return failure('NOT_FOUND', `There is no operation ${name}`)
    if (!actor) return failure('UNAUTHENTICATED', 'Sign in, or send an API token as Authorization: Bearer …')
    const { access } = operations[name]
    const forbidden = (message: string) => {
      witness.forbidden(actor, name, actor.tenantId ?? tenantOf(input), origin)
      return failure('FORBIDDEN', message)
    }
    if (!mayCall(actor, access)) return forbidden(`${name} needs the role ${access}; ${actor.name} is ${actor.role}`)
    if (isBeyondTenant(actor, name))
      return forbidden(`${name} changes the whole site; ${actor.name} holds for one tenant only`)
    const problems = validators.get(name)?.Errors(input) ?? []
    if (problems.length > 0) {
      const { message, details } = inputProblems(problems, Object.keys(operations[name].input.properties))
      return failure('INVALID_INPUT', message, details)
    }
    if (isOtherTenant(actor, input)) return failure('NOT_FOUND', 'There is no such tenant')
    try {
      const handle = handlers[name] as (actor: Actor, input: unknown) => Promise<unknown>
      return { ok: true, value: await witness.run({ actor, origin }, () => handle(actor, input)) }
    } catch (error) {
      if (error instanceof DomainError) return failure(error.code, error.message, error.details)
      report(error, name)
      return failure('INTERNAL', 'Internal error')
    }
  }
