import type { Log } from '../ports/system.ts'

/** Work that is done now and again, as long as the server runs. */
export interface Upkeep {
  /** What it is, for the log: "Looking for lost calls". */
  readonly what: string
  readonly everyMs: number
  readonly isDoneAtStart?: boolean
  readonly work: () => Promise<unknown>
}

/** Left out while the time before is still at it; what fails is told and done again. Answers how to stop. */
export const startUpkeep = (tasks: readonly Upkeep[], log: Pick<Log, 'error'>): (() => Promise<void>) => {
  const timers = tasks.map(({ what, everyMs, isDoneAtStart, work }) => {
    let isRunning = false
    const run = (): void => {
      if (isRunning) return
      isRunning = true
      void work()
        .catch((error: unknown) => log.error({ err: error }, `${what} failed; it is tried again`))
        .finally(() => (isRunning = false))
    }
    if (isDoneAtStart) run()
    return setInterval(run, everyMs)
  })
  return () => {
    for (const timer of timers) clearInterval(timer)
    return Promise.resolve()
  }
}
