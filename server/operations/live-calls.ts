import type { CallRecord } from '../../shared/contract/calls.ts'
import { isTerminal } from '../../shared/vocabulary.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { Page } from '../ports/configuration.ts'
import { toRecord } from './call-record.ts'
import type { TenantInForce } from './tenant-directory.ts'
import type { RememberingCallLog } from './unsaved-units.ts'

/** A store that is out of order for long knows of few calls that still go on. */
const mostUnsaved = 1000

/**
 * The calls that go on, newest first. Events come before what they tell is stored: whoever asks after one finds it here all the
 * same, and also while nothing can be stored.
 */
export const readLiveCalls = async (
  calls: Pick<CallStore, 'live'>,
  callLog: Pick<RememberingCallLog, 'settled' | 'newestOf'>,
  inForce: TenantInForce,
  limit: number,
): Promise<Page<CallRecord>> => {
  const tenantId = inForce.tenant.id
  await callLog.settled()
  const unsaved = new Map(callLog.newestOf(tenantId).map((call) => [call.id, call]))
  if (unsaved.size === 0) return calls.live(tenantId, limit)
  const { items, total = 0 } = await calls.live(tenantId, limit + Math.min(unsaved.size, mostUnsaved))
  const stored = items.filter(({ id }) => !unsaved.has(id))
  const open = [...unsaved.values()].filter(({ state }) => !isTerminal(state))
  return {
    items: [...open.map((call) => toRecord(call, inForce)), ...stored]
      .sort((a, b) => b.startedAtMs - a.startedAtMs)
      .slice(0, limit),
    total: total - (items.length - stored.length) + open.length,
  }
}
