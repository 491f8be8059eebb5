import type { Log } from '../../../ports/system.ts'

/** Whether one thing that is done over and over works: says so when that changes, not each time, or a full disk would be followed by a full log. */
export interface OngoingFault {
  note(error: Error): void
  clear(): void
  read(): { readonly message: string; readonly sinceMs: number } | undefined
}

export const createOngoingFault = (what: string, log: Log, nowMs: () => number): OngoingFault => {
  let current: { message: string; sinceMs: number } | undefined
  return {
    note: (error) => {
      if (current?.message !== error.message) log.error({ error }, `${what} fails`)
      current = { message: error.message, sinceMs: current?.sinceMs ?? nowMs() }
    },
    clear: () => {
      if (current) log.info({ failedForMs: nowMs() - current.sinceMs }, `${what} works again`)
      current = undefined
    },
    read: () => current,
  }
}
