import type { TrunkRequest, TrunkSelection } from '../../ports/runtime-state.ts'
import type { Leases } from './leases.ts'

/** The first trunk that has room takes the call. */
export const selectTrunk = (
  held: Leases,
  { trunks, leaseKey, leaseMs, nowMs, dryRun = false }: TrunkRequest,
): TrunkSelection => {
  let trunkId: string | undefined
  const verdicts = trunks.map(({ id, capacity }) => {
    const calls = held.count(id, nowMs)
    if (capacity !== undefined && calls >= capacity)
      return { trunkId: id, chosen: false, verdict: `at its capacity (${calls} of ${capacity})` }
    const chosen = trunkId === undefined
    trunkId ??= id
    return { trunkId: id, chosen, verdict: chosen ? 'chosen' : 'comes later' }
  })
  if (trunkId !== undefined && !dryRun) held.hold(trunkId, leaseKey, nowMs + leaseMs, nowMs)
  return { trunkId, verdicts }
}
