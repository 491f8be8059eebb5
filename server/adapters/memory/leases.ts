/** Slots held per agent of a tenant, by key, each until it is given back or its time is over. */
export interface Leases {
  hold(agentId: string, key: string, untilMs: number, nowMs: number): void
  release(agentId: string, key: string): boolean
  /** Changes nothing: it may be asked about any moment. */
  count(agentId: string, nowMs: number): number
  /** Gives back those for which it is so; how many there were. */
  releaseWhere(isOver: (agentId: string, key: string) => boolean): number
}

interface Held {
  readonly until: Map<string, number>
  /** Nothing expires before this, so most counts need no look at the single leases. */
  earliestMs: number
}

const dropExpired = (held: Held, nowMs: number): void => {
  held.earliestMs = Infinity
  for (const [key, untilMs] of held.until) {
    if (untilMs <= nowMs) held.until.delete(key)
    else held.earliestMs = Math.min(held.earliestMs, untilMs)
  }
}

export const createLeases = (): Leases => {
  const byAgent = new Map<string, Held>()
  return {
    hold(agentId, key, untilMs, nowMs) {
      let held = byAgent.get(agentId)
      if (!held) byAgent.set(agentId, (held = { until: new Map(), earliestMs: Infinity }))
      if (nowMs >= held.earliestMs) dropExpired(held, nowMs)
      held.until.set(key, untilMs)
      held.earliestMs = Math.min(held.earliestMs, untilMs)
    },
    release: (agentId, key) => byAgent.get(agentId)?.until.delete(key) ?? false,
    count(agentId, nowMs) {
      const held = byAgent.get(agentId)
      if (!held) return 0
      if (nowMs < held.earliestMs) return held.until.size
      let running = 0
      for (const untilMs of held.until.values()) if (untilMs > nowMs) running += 1
      return running
    },
    releaseWhere(isOver) {
      let released = 0
      for (const [agentId, { until }] of byAgent)
        for (const key of until.keys()) if (isOver(agentId, key) && until.delete(key)) released += 1
      return released
    },
  }
}
