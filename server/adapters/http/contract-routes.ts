import type { FastifyInstance } from 'fastify'
import { operations, type Actor, type Reply } from '../../../shared/contract/index.ts'
import type { ExportFile } from '../../../shared/contract/exports.ts'
import type { Operation } from '../../../shared/contract/operation.ts'
import type { Origin } from '../../ports/audit.ts'
import { coercionOf } from './coerce-query.ts'
import { sendFailure } from './failures.ts'
import { sendFile } from './send-file.ts'

export type Dispatch = (
  actor: Actor | undefined,
  name: string,
  input: unknown,
  origin: Origin,
) => Promise<Reply<unknown>>

/** One route per operation of the contract. Path, query and body are one flat input; the path wins. */
export const addContractRoutes = (app: FastifyInstance, dispatch: Dispatch): void => {
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const coerce = coercionOf(operation)
    app.route({
      method: operation.method,
      url: operation.path,
      handler: async (request, reply) => {
        const body = (request.body ?? {}) as Record<string, unknown>
        const input = { ...coerce(request.query), ...body, ...coerce(request.params) }
        const result = await dispatch(request.actor, name, input, { transport: 'rest', address: request.ip })
        if (!result.ok) return sendFailure(reply, result.error)
        if (operation.isFile) return sendFile(reply, result.value as ExportFile, request.headers.range)
        if (operation.output === undefined) return reply.code(204).send()
        return reply.code(operation.status ?? 200).send(result.value)
      },
    })
  }
}

const pathPattern = (path: string): RegExp => new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}/?$`)
const patterns = Object.values<Operation>(operations).map(({ method, path }) => ({
  method,
  pattern: pathPattern(path),
}))

/** The methods that a path of the API takes; none when there is no such path. */
export const methodsOf = (path: string): string[] => [
  ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
]
