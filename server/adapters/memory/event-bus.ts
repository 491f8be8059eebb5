import type { ControlPlaneEvent, EventName, EventPayload } from '../../../shared/contract/events.ts'
import type { EventBus } from '../../ports/event-bus.ts'

export const createEventBus = (): EventBus => {
  const listeners = new Set<(event: ControlPlaneEvent) => void>()
  return {
    publish<N extends EventName>(name: N, payload: EventPayload<N>) {
      const event = { name, payload } as ControlPlaneEvent
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
