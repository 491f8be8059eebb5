import type { FileHandle } from 'node:fs/promises'

/**
 * Makes everything committed before the call survive a power cut.
 *
 * Why syncing the write-ahead log from outside SQLite is enough: a commit has written its frames to the log before the writer
 * answers, and syncing a file covers all its dirty pages, whoever wrote them. Recovery reads the log from its start up to the
 * last frame whose checksum chain holds, so a synced log is the committed state. Frames that are not in the log any more were
 * copied by a checkpoint, which syncs the database file before it lets the log start over (with synchronous = NORMAL too).
 * The log's directory entry was synced when the store was opened, and our open connections keep the file from being replaced.
 *
 * Why not `synchronous = FULL`: the sync would run inside the writer, and every voice answer behind it would wait for the disk.
 *
 * Calls that come while a sync is running share the next one: the running one may have begun before their commit.
 */
export const createWalSync = (log: Pick<FileHandle, 'datasync'>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const start = (): Promise<void> => {
    const sync = log.datasync().finally(() => {
      if (running === sync) running = undefined
    })
    running = sync
    return sync
  }

  return () => {
    if (!running) return start()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}
