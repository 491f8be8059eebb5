/** Slots held per agent, by key, each until it is given back or its time is over. */
export interface Leases {
  hold(agentId: string, key: string, untilMs: number): void
  release(agentId: string, key: string): boolean
  count(agentId: string, nowMs: number): number
}

interface Held {
  readonly until: Map<string, number>
  /** Nothing expires before this, so most counts need no look at the single leases. */
  earliestMs: number
}

export const createLeases = (): Leases => {
  const byAgent = new Map<string, Held>()
  return {
    hold(agentId, key, untilMs) {
      let held = byAgent.get(agentId)
      if (!held) byAgent.set(agentId, (held = { until: new Map(), earliestMs: Infinity }))
      held.until.set(key, untilMs)
      held.earliestMs = Math.min(held.earliestMs, untilMs)
    },
    release: (agentId, key) => byAgent.get(agentId)?.until.delete(key) ?? false,
    count(agentId, nowMs) {
      const held = byAgent.get(agentId)
      if (!held) return 0
      if (nowMs >= held.earliestMs) {
        held.earliestMs = Infinity
        for (const [key, untilMs] of held.until) {
          if (untilMs <= nowMs) held.until.delete(key)
          else held.earliestMs = Math.min(held.earliestMs, untilMs)
        }
      }
      return held.until.size
    },
  }
}
