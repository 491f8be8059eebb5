import type { ErasureStore, SoughtNumber } from '../../../ports/erasure-store.ts'
import type { GroupCallLog } from './call-log.ts'
import type { ErasureKind } from '../erasures/erasure-tables.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

/** Rows that one transaction changes at most. */
const sliceRows = 100
const sliceCalls = 25
const mostLooks = 3

/** The ErasureStore port. The reader looks, the writer changes what was found, a few rows in each message. */
export const createErasureStore = ({
  reader,
  writer,
  callLog,
  scrub,
}: {
  reader: StoreThread<ReaderApi>
  writer: StoreThread<WriterApi>
  callLog: Pick<GroupCallLog, 'flush'>
  scrub: ErasureStore['scrub']
}): ErasureStore => {
  const find = async (
    tenantId: string,
    sought: SoughtNumber,
    kind: ErasureKind,
    take: (nos: readonly number[]) => Promise<void>,
    atOnce: number,
  ) => {
    let found = 0
    let ongoing = 0
    for (let afterNo: number | undefined = 0; afterNo !== undefined;) {
      const finds: Awaited<ReturnType<typeof look>> = await look(afterNo)
      for (let from = 0; from < finds.nos.length; from += atOnce) await take(finds.nos.slice(from, from + atOnce))
      found += finds.nos.length
      ongoing += finds.ongoing
      afterNo = finds.nextNo
    }
    return { found, ongoing }
    function look(afterNo: number) {
      return reader.call('erasure', 'find', tenantId, sought, kind, afterNo)
    }
  }
  const leave = (): Promise<void> => Promise.resolve()

  return {
    count: async (tenantId, sought) => {
      await callLog.flush()
      const calls = await find(tenantId, sought, 'calls', leave, sliceCalls)
      const decisions = await find(tenantId, sought, 'decisions', leave, sliceRows)
      const webhookEvents = await find(tenantId, sought, 'events', leave, sliceRows)
      return {
        calls: calls.found,
        ongoingCalls: calls.ongoing,
        decisions: decisions.found,
        webhookEvents: webhookEvents.found,
      }
    },
    erase: async (tenantId, sought, label, keep, forget) => {
      await callLog.flush()
      const tokens: string[] = []
      const answeredAtMs: number[] = []
      let decisions = 0
      let webhookEvents = 0
      const takeCalls = async (nos: readonly number[]): Promise<void> => {
        const erased = await writer.call('erasure', 'calls', tenantId, sought, keep ? label : undefined, nos)
        await forget(erased.tokens)
        tokens.push(...erased.tokens)
        decisions += erased.decisions
        webhookEvents += erased.events
        answeredAtMs.push(...erased.answeredAtMs)
      }
      const rewrite = (kind: ErasureKind) => (nos: readonly number[]) =>
        writer.call('erasure', 'rewrite', tenantId, sought, label, kind, nos)
      const calls = await find(tenantId, sought, 'calls', takeCalls, sliceCalls)
      decisions += (await find(tenantId, sought, 'decisions', rewrite('decisions'), sliceRows)).found
      webhookEvents += (await find(tenantId, sought, 'events', rewrite('events'), sliceRows)).found
      await find(tenantId, sought, 'exports', rewrite('exports'), sliceRows)
      // Webhooks that came while their call was erased may have brought it back; calls may have ended.
      for (let i = 0, found = 1; found > 0 && i < mostLooks; i += 1) {
        await callLog.flush()
        const again = await find(tenantId, sought, 'calls', takeCalls, sliceCalls)
        found = again.found
        calls.found += found
        calls.ongoing = again.ongoing
      }
      await writer.call('erasure', 'answers', tenantId, answeredAtMs)
      return { counts: { calls: calls.found, ongoingCalls: calls.ongoing, decisions, webhookEvents }, tokens }
    },
    scrub,
    list: (tenantId) => reader.call('erasure', 'list', tenantId),
    get: (tenantId, id) => reader.call('erasure', 'get', tenantId, id),
    put: (tenantId, erasure) => writer.call('erasure', 'put', tenantId, erasure),
    interrupt: (nowMs) => writer.call('erasure', 'interrupt', nowMs),
  }
}
