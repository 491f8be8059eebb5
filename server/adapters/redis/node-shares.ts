import type { Call } from '../../domain/calls/call.ts'
import type { SelectionRequest, TrunkRequest } from '../../ports/runtime-state.ts'

/**
 * What one of several nodes may hand out of each cap while they cannot agree: the slots that were held when they lost each
 * other, and its part of those that were free, rounded up. Together they overshoot a cap by at most the number of nodes less
 * one.
 */
export interface NodeShares {
  ofMembers(request: SelectionRequest): SelectionRequest
  ofTrunks(request: TrunkRequest): TrunkRequest
}

export const createNodeShares = (inFlight: readonly Call[], nodes: number): NodeShares => {
  const held = new Map<string, number>()
  const countOne = (key: string): void => void held.set(key, (held.get(key) ?? 0) + 1)
  for (const { tenantId, attempts } of inFlight) {
    for (const { agentId, provider, trunkId, endedAtMs } of attempts) {
      if (endedAtMs !== undefined) continue
      if (agentId !== undefined) countOne(`${tenantId}\nagent\n${agentId}`)
      if (agentId !== undefined && provider !== undefined) countOne(`${tenantId}\nprovider\n${provider}`)
      if (trunkId !== undefined) countOne(`${tenantId}\ntrunk\n${trunkId}`)
    }
  }
  const shareOf = (cap: number, key: string): number => {
    const taken = Math.min(cap, held.get(key) ?? 0)
    return taken + Math.ceil((cap - taken) / nodes)
  }
  return {
    ofMembers: (request) => ({
      ...request,
      members: request.members.map((member) => {
        const { agentId, maxConcurrentCalls: cap } = member
        return cap === undefined
          ? member
          : { ...member, maxConcurrentCalls: shareOf(cap, `${request.tenantId}\nagent\n${agentId}`) }
      }),
      providerLimits: Object.fromEntries(
        Object.entries(request.providerLimits).map(([provider, limit]) => [
          provider,
          shareOf(limit, `${request.tenantId}\nprovider\n${provider}`),
        ]),
      ),
    }),
    ofTrunks: (request) => ({
      ...request,
      trunks: request.trunks.map(({ id, capacity }) => ({
        id,
        capacity: capacity === undefined ? undefined : shareOf(capacity, `${request.tenantId}\ntrunk\n${id}`),
      })),
    }),
  }
}
