import type { ControlPlaneEvent, EventName, EventPayload } from '../../../shared/contract/events.ts'
import type { EventBus } from '../../ports/event-bus.ts'

/** Keeps the last `remembered` events, so that a client that was away shortly misses nothing. */
export const createEventBus = (remembered = 2000, startedAtMs = Date.now()): EventBus => {
  const listeners = new Set<(event: ControlPlaneEvent) => void>()
  const ring: ControlPlaneEvent[] = []
  let seq = 0
  return {
    startedAtMs,
    publish<N extends EventName>(name: N, payload: EventPayload<N>) {
      seq += 1
      const event = { seq, name, payload } as ControlPlaneEvent
      ring[seq % remembered] = event
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    since(last) {
      if (last > seq || seq - last > remembered) return undefined
      return Array.from({ length: seq - last }, (_, i) => ring[(last + 1 + i) % remembered]).filter(
        (event) => event !== undefined,
      )
    },
  }
}
