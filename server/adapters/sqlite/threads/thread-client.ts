import { DomainError } from '../../../domain/errors.ts'
import type { Provenance } from '../../../ports/audit.ts'
import type { Port, ThreadOptions, ThreadReply, ThreadRole } from './thread-protocol.ts'
import { fromWireError } from '../errors/wire-error.ts'

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never

/** The API of a store thread, seen from outside it. */
export interface ThreadClient<Api> {
  open(role: ThreadRole, options: ThreadOptions): Promise<void>
  call<N extends keyof Api & string, V extends keyof Api[N] & string>(
    noun: N,
    verb: V,
    ...args: Arguments<Api[N][V]>
  ): Promise<Result<Api[N][V]>>
  close(): Promise<void>
  /** The thread is gone: refuses everything asked and to be asked. */
  fail(reason: string): void
}

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** `currently`: on whose behalf things are asked, which goes along with each question. */
export const createThreadClient = <Api>(port: Port, currently?: Provenance['current']): ThreadClient<Api> => {
  const asked = new Map<number, Asked>()
  let lastId = 0
  let failure: string | undefined

  port.on('message', (message) => {
    const reply = message as ThreadReply
    const question = asked.get(reply.id)
    asked.delete(reply.id)
    if (reply.ok) question?.resolve(reply.value)
    else question?.reject(fromWireError(reply.error))
  })

  const ask = (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) {
        reject(new DomainError('UNAVAILABLE', failure))
        return
      }
      const id = ++lastId
      // Throws for what cannot be cloned, which rejects this promise.
      port.postMessage({ id, ...request })
      asked.set(id, { resolve, reject })
    })

  return {
    open: async (role, options) => {
      await ask({ open: role, options })
    },
    call: <N extends keyof Api & string, V extends keyof Api[N] & string>(
      noun: N,
      verb: V,
      ...args: Arguments<Api[N][V]>
    ) => {
      const by = currently?.()
      return ask(by ? { noun, verb, args, by } : { noun, verb, args }) as Promise<Result<Api[N][V]>>
    },
    close: async () => {
      await ask({ noun: 'thread', verb: 'close', args: [] })
    },
    fail: (reason) => {
      failure ??= reason
      for (const { reject } of asked.values()) reject(new DomainError('UNAVAILABLE', reason))
      asked.clear()
    },
  }
}
