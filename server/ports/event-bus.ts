import type { ControlPlaneEvent, EventName, EventPayload } from '../../shared/contract/events.ts'

export interface EventBus {
  publish<N extends EventName>(name: N, payload: EventPayload<N>): void
  /** Listeners must not throw; returns its own unsubscribe. */
  subscribe(listener: (event: ControlPlaneEvent) => void): () => void
}
