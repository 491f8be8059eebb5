import { subscribe } from 'node:diagnostics_channel'
import type { Clock, Wait } from '../../server/ports/system.ts'

/** The requests of undici that begin from now on and have not ended, in this process. */
const watchRequests = () => {
  const underWay = new Set<unknown>()
  const requestOf = (message: unknown): unknown => (message as { request: unknown }).request
  const ended = (message: unknown) => underWay.delete(requestOf(message))
  subscribe('undici:request:create', (message) => underWay.add(requestOf(message)))
  subscribe('undici:request:trailers', ended)
  subscribe('undici:request:error', ended)
  return underWay
}

/**
 * Time that passes only where everybody waits: it then moves to the next moment somebody waits for. While a request of
 * undici is under way it stands still.
 */
export const virtualTime = (startMs = 1_767_268_800_000) => {
  const requests = watchRequests()
  let nowMs = startMs
  let timers: { readonly atMs: number; readonly ring: () => void }[] = []
  const clock: Clock = { nowMs: () => nowMs, steadyMs: () => nowMs, micros: () => nowMs * 1000 }
  const wait: Wait = (ms) =>
    new Promise((ring) => {
      timers.push({ atMs: nowMs + Math.max(0, ms), ring })
    })
  const step = (): void => {
    const atMs = Math.min(...timers.map((timer) => timer.atMs))
    if (atMs === Infinity) return
    nowMs = Math.max(nowMs, atMs)
    const due = timers.filter((timer) => timer.atMs <= atMs)
    timers = timers.filter((timer) => timer.atMs > atMs)
    for (const { ring } of due) ring()
  }
  const turn = (): Promise<void> => new Promise((next) => setImmediate(next))

  return {
    clock,
    wait,
    async until<T>(work: Promise<T>): Promise<T> {
      const state = { isDone: false }
      const end = (): void => {
        state.isDone = true
      }
      work.then(end, end)
      for (;;) {
        await turn()
        if (state.isDone) return work
        if (requests.size > 0) continue
        await turn()
        if (requests.size === 0) step()
      }
    },
  }
}

/** Waiting takes no time of anybody's: the clock is moved on at once. For one thing after the other. */
export const instantTime = (startMs = 1_767_268_800_000) => {
  let nowMs = startMs
  const waits: number[] = []
  const clock: Clock = { nowMs: () => nowMs, steadyMs: () => nowMs, micros: () => nowMs * 1000 }
  const wait: Wait = (ms) => {
    waits.push(ms)
    nowMs += Math.max(0, ms)
    return Promise.resolve()
  }
  return { clock, wait, waits }
}
