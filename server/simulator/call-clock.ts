import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** The clock of one call: starts now, runs `timeScale` times faster, stands still while the server thinks. */
export interface CallClock {
  nowMs(): number
  /**
   * Lets time pass, on request no less than so much of real time. Answers how much of it passed before everybody
   * had to hang up: all of it, as a rule.
   */
  pass(ms: number, leastRealMs?: number): Promise<number>
  /** Waits as long as `pass` does, while the call goes on elsewhere. */
  idle(ms: number): Promise<void>
}

const wait = async (realMs: number, hangUp: AbortSignal): Promise<boolean> => {
  const isOver = (): boolean => hangUp.aborted
  if (isOver()) return false
  if (realMs < 0.5) return true
  try {
    return await sleep(realMs, true, { signal: hangUp })
  } catch (error) {
    if (isOver()) return false
    throw error
  }
}

export const createCallClock = (timeScale: number, hangUp: AbortSignal): CallClock => {
  let nowMs = Date.now()
  return {
    nowMs: () => nowMs,
    async pass(ms, leastRealMs = 0) {
      const wantedMs = Math.max(ms, leastRealMs)
      const realMs = Math.max(ms / timeScale, leastRealMs)
      const startedMs = performance.now()
      const isWhole = await wait(realMs, hangUp)
      const shareMs = ((performance.now() - startedMs) * wantedMs) / Math.max(realMs, 1)
      const passedMs = Math.round(isWhole ? wantedMs : Math.min(wantedMs, shareMs))
      nowMs += passedMs
      return passedMs
    },
    async idle(ms) {
      await wait(ms / timeScale, hangUp)
    },
  }
}
