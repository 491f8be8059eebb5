import type { ControlPlaneEvent, EventName, EventPayload } from '../../shared/contract/events.ts'

export interface EventBus {
  /** Since when it counts: a `seq` of another start says nothing here. */
  readonly startedAtMs: number
  publish<N extends EventName>(name: N, payload: EventPayload<N>): void
  /** Listeners must not throw; returns its own unsubscribe. */
  subscribe(listener: (event: ControlPlaneEvent) => void): () => void
  /** Events after `seq`, oldest first; undefined when they are no longer all known. */
  since(seq: number): readonly ControlPlaneEvent[] | undefined
}
