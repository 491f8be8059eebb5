import type { CallStore } from '../../../ports/call-store.ts'
import type { GroupCallLog } from './call-log.ts'
import type { LookupApi } from '../threads/lookup-thread-api.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { SeenTokens } from './seen-tokens.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

/** The CallStore port. What is asked for by name is read after everything appended under that name was written. */
export const createCallStore = ({
  reader,
  lookup,
  writer,
  callLog,
  seen,
}: {
  reader: StoreThread<ReaderApi>
  lookup: StoreThread<LookupApi>
  writer: StoreThread<WriterApi>
  callLog: Pick<GroupCallLog, 'settled'>
  seen: Pick<SeenTokens, 'mayContain'>
}): CallStore => ({
  live: (tenantId, limit) => reader.call('calls', 'live', tenantId, limit),
  list: (tenantId, filter, page) => reader.call('calls', 'list', tenantId, filter, page),
  get: async (tenantId, idOrToken) => {
    await callLog.settled(tenantId, idOrToken)
    return reader.call('calls', 'get', tenantId, idOrToken)
  },
  find: async (tenantId, token) => {
    if (!seen.mayContain(token)) return undefined
    await callLog.settled(tenantId, token)
    return lookup.call('calls', 'find', tenantId, token)
  },
  inFlight: () => lookup.call('calls', 'inFlight'),
  circuitChanges: (tenantId, subjects, page) => reader.call('circuits', 'changes', tenantId, subjects, page),
  openCircuits: () => reader.call('circuits', 'open'),
  findAnswer: async (tenantId, key, notBeforeMs) => {
    await callLog.settled(tenantId, key)
    return lookup.call('answers', 'find', tenantId, key, notBeforeMs)
  },
  answersKept: (tenantId) => reader.call('answers', 'kept', tenantId),
  deleteAnswersOf: (tenantId) => writer.call('answers', 'dropOf', tenantId),
  deleteAnswersBefore: (ms) => writer.call('answers', 'dropBefore', ms),
  listWebhookEvents: (tenantId, filter, page) => reader.call('webhookEvents', 'list', tenantId, filter, page),
  getWebhookEvent: (tenantId, id) => reader.call('webhookEvents', 'get', tenantId, id),
  packWebhookBodies: (most) => writer.call('webhookEvents', 'packBodies', most),
})
