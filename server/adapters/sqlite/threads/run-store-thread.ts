import { askedBy } from '../audit/asked-by.ts'
import { explainOpenError } from '../errors/store-errors.ts'
import { transferOf } from './thread-transfer.ts'
import type { Port, ThreadOptions, ThreadReply, ThreadRequest, ThreadRole } from './thread-protocol.ts'
import { toWireError } from '../errors/wire-error.ts'

type Api = Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>

/** Imported when the role is known: a thread holds only what it runs. */
const openers: Readonly<Record<ThreadRole, (options: ThreadOptions) => Promise<Api>>> = {
  writer: async (options) => (await import('./writer-thread-api.ts')).openWriter(options),
  reader: async (options) => (await import('./reader-thread-api.ts')).openReader(options),
  lookup: async (options) => (await import('./lookup-thread-api.ts')).openLookup(options),
  exporter: async (options) => (await import('./export-thread-api.ts')).openExporter(options),
}

const open = async (request: Extract<ThreadRequest, { open: unknown }>): Promise<Api> => {
  try {
    return await openers[request.open](request.options)
  } catch (error) {
    throw explainOpenError(error, request.options.file)
  }
}

/** Answers requests in the order they come, except those that take turns with others by themselves. */
export const runStoreThread = (port: Port): void => {
  let api: Api = {}
  const answer = (id: number, value: unknown) =>
    port.postMessage({ id, ok: true, value } satisfies ThreadReply, transferOf(value))
  const refuse = (id: number, error: unknown) =>
    port.postMessage({ id, ok: false, error: toWireError(error) } satisfies ThreadReply)

  const run = (request: ThreadRequest): unknown => {
    if ('open' in request)
      return open(request).then((opened) => {
        api = opened
      })
    const { noun, verb, args, by } = request
    const method = api[noun]?.[verb]
    if (!method) throw new Error(`The store has no ${noun}.${verb}`)
    return by ? askedBy.run(by, () => method(...(args as never[]))) : method(...(args as never[]))
  }

  port.on('message', (message) => {
    const request = message as ThreadRequest
    const { id } = request
    try {
      const value = run(request)
      if (value instanceof Promise)
        value.then(
          (later: unknown) => answer(id, later),
          (error: unknown) => refuse(id, error),
        )
      else answer(id, value)
    } catch (error) {
      refuse(id, error)
    }
  })
}
