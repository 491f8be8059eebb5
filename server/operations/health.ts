import type { SystemCounters, SystemHealth } from '../../shared/contract/system.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { Clock } from '../ports/system.ts'

type Counter = Exclude<keyof SystemCounters, 'activeCalls' | 'writeBacklog'>

/** What works, what does not and since when, and how often what happened. */
export interface Health {
  count(counter: Counter): void
  /** A part works no longer; telling it again only renews the message. */
  degrade(part: string, message: string): void
  recover(part: string): void
  close(): void
  isClosing(): boolean
  read(activeCalls: number, writeBacklog: number): SystemHealth & { counters: SystemCounters }
}

export const createHealth = (clock: Clock, events: EventBus): Health => {
  const counters: Record<Counter, number> = {
    voiceRequests: 0,
    dialResults: 0,
    sessionUpdates: 0,
    cdrs: 0,
    duplicates: 0,
    undurableAnswers: 0,
    faults: 0,
    dialectFindings: 0,
    unknownKeys: 0,
  }
  const problems = new Map<string, { part: string; message: string; sinceMs: number }>()
  let closing = false
  return {
    count(counter) {
      counters[counter] += 1
    },
    degrade(part, message) {
      const sinceMs = problems.get(part)?.sinceMs ?? clock.nowMs()
      if (!problems.has(part)) events.publish('system.degraded', { part, message, sinceMs })
      problems.set(part, { part, message, sinceMs })
    },
    recover(part) {
      if (problems.delete(part)) events.publish('system.recovered', { part, atMs: clock.nowMs() })
    },
    close() {
      closing = true
    },
    isClosing: () => closing,
    read: (activeCalls, writeBacklog) => ({
      status: closing ? 'closing' : problems.size > 0 ? 'degraded' : 'ok',
      problems: [...problems.values()],
      counters: { ...counters, activeCalls, writeBacklog },
    }),
  }
}
