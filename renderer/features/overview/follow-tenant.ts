import type { CallRecord } from '../../../shared/contract/calls.ts'
import type { Batch } from '../../client/batch.ts'
import type { ConsoleClient } from '../../client/console-client.ts'
import { storedWithinMs } from './live-calls.ts'
import type { DecisionRow } from './latest-decisions.ts'
import type { Arrival, OverviewStore } from './overview-store.ts'

const reconcileEveryMs = 30_000
/** Calls whose decisions are read at the start. Each is one small request. */
const earlierCalls = 8

const loadCalls = async (client: ConsoleClient, store: OverviewStore, tenantId: string): Promise<void> => {
  const askedAtMs = Date.now()
  const live = await client.invoke('calls.live', { tenantId, limit: 200 })
  if (live.ok) store.load(live.value, askedAtMs)
}

const loadDecisions = async (client: ConsoleClient, store: OverviewStore, tenantId: string): Promise<void> => {
  const list = await client.invoke('calls.list', { tenantId, limit: earlierCalls })
  if (!list.ok) return
  const details = await Promise.all(
    list.value.items.map((call) => client.invoke('calls.get', { tenantId, id: call.id })),
  )
  const rows = details.flatMap((detail): DecisionRow[] =>
    detail.ok ? detail.value.decisions.map((decision) => ({ callId: detail.value.id, decision })) : [],
  )
  store.loadDecisions(rows)
}

/** Keeps the store true to one tenant's calls and decisions; returns its own end. */
export const followTenant = (
  client: ConsoleClient,
  store: OverviewStore,
  tenantId: string,
  createBatch: (flush: (arrivals: readonly Arrival[]) => void) => Batch<Arrival>,
): (() => void) => {
  const batch = createBatch((arrivals) => store.arrive(arrivals))
  const onCall = (event: { readonly tenantId: string; readonly call: CallRecord }) => {
    if (event.tenantId === tenantId) batch.add({ type: 'call', call: event.call })
  }
  let again: ReturnType<typeof setTimeout> | undefined
  const load = () => {
    void loadCalls(client, store, tenantId)
    void loadDecisions(client, store, tenantId)
    // What was told just before somebody listened may not have been stored.
    clearTimeout(again)
    again = setTimeout(() => void loadCalls(client, store, tenantId), 2 * storedWithinMs)
  }
  const unsubscribe = [
    client.on('call.created', onCall),
    client.on('call.stateChanged', onCall),
    client.on('call.ended', onCall),
    client.on('decision.made', ({ tenantId: owner, callId, decision }) => {
      if (owner === tenantId) batch.add({ type: 'decision', row: { callId, decision } })
    }),
    client.onResync(load),
  ]
  load()
  const sweeping = setInterval(() => store.sweep(), 1000)
  const reconciling = setInterval(() => void loadCalls(client, store, tenantId), reconcileEveryMs)
  return () => {
    batch.stop()
    clearTimeout(again)
    clearInterval(sweeping)
    clearInterval(reconciling)
    for (const stop of unsubscribe) stop()
  }
}
