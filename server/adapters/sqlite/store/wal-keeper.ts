import type { Log } from '../../../ports/system.ts'
import type { WalState } from '../file/wal-state.ts'

/** Pages of 4 KiB: start copying at 16 MiB, let the log start over at 64 MiB. */
const copyFrom = 4096
const startOverFrom = 16_384
const restAfterFailureMs = 10_000

/**
 * Keeps the write-ahead log short without holding up commits. The reader thread copies its pages into the database file while the
 * writer goes on; but a log that is written to without pause never gets copied to its very end, and would grow for ever. So when
 * it is long, and the bulk of it was just copied and synced, the writer copies the small rest between two batches.
 */
export const createWalKeeper = ({
  copy,
  syncDatabase,
  finish,
  log,
  nowMs,
}: {
  copy: () => Promise<WalState>
  syncDatabase: () => Promise<void>
  finish: () => Promise<WalState>
  log: Log
  nowMs: () => number
}) => {
  let restUntilMs = 0
  let running: Promise<void> | undefined

  const run = async ({ pages }: WalState): Promise<void> => {
    try {
      await copy()
      if (pages < startOverFrom) return
      // Otherwise the writer's own sync would have to wait for all that was copied above.
      await syncDatabase()
      await finish()
    } catch (error) {
      restUntilMs = nowMs() + restAfterFailureMs
      log.warn(
        { error },
        'The write-ahead log could not be copied into the database; it keeps growing until that works',
      )
    } finally {
      running = undefined
    }
  }

  return {
    note: (state: WalState): void => {
      if (!running && state.pages - state.copied >= copyFrom && nowMs() >= restUntilMs) running = run(state)
    },
    idle: async (): Promise<void> => {
      await running
    },
  }
}
