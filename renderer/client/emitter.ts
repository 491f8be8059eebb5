import type { EventName, EventPayload } from '../../shared/contract/events.ts'

type Listener = (payload: never) => void

/** Event listeners by name. One that throws must not keep the others from hearing the event. */
export const createEmitter = (report: (error: unknown) => void) => {
  const listeners = new Map<EventName, Set<Listener>>()
  return {
    on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
      const set = listeners.get(name) ?? new Set<Listener>()
      listeners.set(name, set.add(listener))
      return () => set.delete(listener)
    },
    emit<N extends EventName>(name: N, payload: EventPayload<N>): void {
      for (const listener of listeners.get(name) ?? []) {
        try {
          ;(listener as (payload: EventPayload<N>) => void)(payload)
        } catch (error) {
          report(error)
        }
      }
    },
  }
}

/** A value that others watch: told at once, and again whenever it changes. */
export const createSignal = <T>(initial: T) => {
  let current = initial
  const listeners = new Set<(value: T) => void>()
  return {
    get: () => current,
    set(next: T): void {
      current = next
      for (const listener of listeners) listener(next)
    },
    watch(listener: (value: T) => void): () => void {
      listeners.add(listener)
      listener(current)
      return () => listeners.delete(listener)
    },
  }
}
export type Signal<T> = ReturnType<typeof createSignal<T>>
