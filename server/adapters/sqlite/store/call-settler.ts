import { setTimeout as sleep } from 'node:timers/promises'
import type { TimeRange } from '../../../domain/analytics/cover.ts'
import type { Log } from '../../../ports/system.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { createOngoingFault, type OngoingFault } from './ongoing-fault.ts'
import type { Settled } from '../calls/settling.ts'

/** The longer, the more calls share what a transaction costs; so long lists and analytics read them one by one. */
const pauseMs = 1000
/** A CDR comes about a second after the end of its call, and changes what it is found by. */
const graceMs = 5000
const retryMs = 10_000
/** Looked for at once. */
const most = 250
/** Answers wait for a transaction under way, a CXML answer no longer than 25 ms. */
const sliceMs = 12
/** For those that came in the meantime, and for what these lead to. */
const breakMs = 4

/** Has calls settled that are over, some time after they were stored: those of other processes too, which may have ended. */
export const createCallSettler = ({
  settle,
  log,
  nowMs,
}: {
  settle: (changing: TimeRange, most: number, forMs: number) => Promise<Settled>
  log: Log
  nowMs: () => number
}) => {
  const fault = createOngoingFault('Entering calls in lists and sums', log, nowMs)
  /** Apart: a store that does not answer for a while says so by itself, and sooner that it is back. */
  const incomplete = createOngoingFault('Entering some calls in lists and sums', log, nowMs)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isStopped = false
  /** Why the newest call is left out that is. */
  let unsettlable: Error | undefined

  const wakeIn = (ms: number): void => {
    if (!isStopped) timer ??= setTimeout(start, ms).unref()
  }
  const tell = ({ failed, leftOut }: Settled): void => {
    for (const { tenantId, token, error } of failed) {
      unsettlable = fromWireError(error)
      log.error({ error: unsettlable, tenantId, token }, 'A call cannot be entered in lists and sums, and is left out')
    }
    fault.clear()
    if (leftOut > 0 && unsettlable) incomplete.note(unsettlable)
    else incomplete.clear()
  }
  const run = async (): Promise<void> => {
    try {
      for (;;) {
        const now = nowMs()
        const settled = await settle({ fromMs: now - graceMs, untilMs: now + graceMs }, most, sliceMs)
        tell(settled)
        const { isDone, isMoreToCome } = settled
        if (isDone) return isMoreToCome ? wakeIn(pauseMs) : undefined
        await sleep(breakMs)
        if (isStopped) return
      }
    } catch (error) {
      fault.note(error instanceof Error ? error : new Error(String(error)))
      wakeIn(retryMs)
    }
  }
  const start = (): void => {
    timer = undefined
    running ??= run().finally(() => (running = undefined))
  }

  return {
    /** Calls were stored. */
    wake: (): void => wakeIn(pauseMs),
    /** Since when some are not entered, and why. */
    fault: (): ReturnType<OngoingFault['read']> => incomplete.read(),
    /** Resolves when the file is left alone; the next start goes on. */
    stop: async (): Promise<void> => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
