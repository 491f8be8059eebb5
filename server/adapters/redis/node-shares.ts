import type { Call } from '../../domain/calls/call.ts'
import type { SelectionRequest, TrunkRequest } from '../../ports/runtime-state.ts'

/** Which of how many nodes this one is. All agree on it as long as they can hear each other. */
export interface Place {
  readonly index: number
  readonly count: number
}

/**
 * What one of several nodes may hand out of each cap while they cannot agree. Each slot that is held when they lose each other
 * belongs to one of them, which hands it out again when its call is over; of those that are free each has its part, rounded
 * up. Together they overshoot a cap by at most the number of nodes less one.
 */
export interface NodeShares {
  /** Calls whose slots are this node's. */
  readonly own: readonly Call[]
  ofMembers(request: SelectionRequest): SelectionRequest
  ofTrunks(request: TrunkRequest): TrunkRequest
}

const ownerOf = (token: string, count: number): number => {
  let hash = 7
  for (const character of token) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return hash % count
}

const slotsOf = ({ tenantId, attempts }: Call): string[] =>
  attempts.flatMap(({ agentId, provider, trunkId, endedAtMs }) =>
    endedAtMs !== undefined
      ? []
      : [
          ...(agentId === undefined ? [] : [`${tenantId}\nagent\n${agentId}`]),
          ...(agentId === undefined || provider === undefined ? [] : [`${tenantId}\nprovider\n${provider}`]),
          ...(trunkId === undefined ? [] : [`${tenantId}\ntrunk\n${trunkId}`]),
        ],
  )

const countSlots = (calls: readonly Call[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const slot of calls.flatMap(slotsOf)) counts.set(slot, (counts.get(slot) ?? 0) + 1)
  return counts
}

export const createNodeShares = (inFlight: readonly Call[], place: () => Place): NodeShares => {
  const { index, count } = place()
  // One that came later takes its part of what is free; one that goes leaves its part to nobody.
  let parts = count
  const own = inFlight.filter(({ token }) => ownerOf(token, count) === index)
  const [held, ownHeld] = [countSlots(inFlight), countSlots(own)]
  const shareOf = (cap: number, slot: string): number => {
    parts = Math.max(parts, place().count)
    return (ownHeld.get(slot) ?? 0) + Math.ceil(Math.max(0, cap - (held.get(slot) ?? 0)) / parts)
  }
  return {
    own,
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
