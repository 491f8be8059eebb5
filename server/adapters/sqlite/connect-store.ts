import { open } from 'node:fs/promises'
import type { AccessStore } from '../../ports/access.ts'
import type { CallLog, CallStore } from '../../ports/call-store.ts'
import type { ConfigurationStore } from '../../ports/configuration.ts'
import type { RuntimeJournal } from '../../ports/runtime-state.ts'
import type { Log } from '../../ports/system.ts'
import { type CallLogHealth, createCallLog } from './call-log.ts'
import { createCallStore } from './call-store.ts'
import { createAccessStore, createConfigurationStore } from './configuration-store.ts'
import type { ReaderApi } from './reader-thread-api.ts'
import { createSeenTokens } from './seen-tokens.ts'
import { createTallyJournal } from './tally-journal.ts'
import type { ThreadClient } from './thread-client.ts'
import { createWalKeeper } from './wal-keeper.ts'
import { createWalSync } from './wal-sync.ts'
import type { ThreadOptions, WriterApi } from './writer-thread-api.ts'

export interface Store {
  readonly configuration: ConfigurationStore
  readonly access: AccessStore
  readonly calls: CallStore
  readonly callLog: CallLog & { flush(): Promise<void>; health(): CallLogHealth }
  readonly journal: RuntimeJournal
  readonly meta: { get(key: string): Promise<string | undefined>; set(key: string, value: string): Promise<void> }
  close(): Promise<void>
}

/** The store as the rest of the server sees it, over two threads that are running already. */
export const connectStore = async ({
  writer,
  reader,
  options,
  log,
}: {
  writer: ThreadClient<WriterApi>
  reader: ThreadClient<ReaderApi>
  options: ThreadOptions
  log: Log
}): Promise<Store> => {
  // The writer first: it makes the tables that the reader's statements name.
  await writer.open('writer', options)
  await reader.open('reader', options)
  // Closing any descriptor of a database file would drop SQLite's locks on it, so this one is closed after SQLite's own.
  const databaseFile = await open(options.file, 'r+')
  const walFile = await open(`${options.file}-wal`, 'r+')

  const seen = createSeenTokens(await reader.call('seenTokens', 'estimate'))
  const filling = reader.call('seenTokens', 'fill', seen.first).then(seen.markFilled, (error: unknown) => {
    log.warn({ error }, 'The known session tokens could not be read; every new call is looked up in the file')
  })

  const keeper = createWalKeeper({
    copy: () => reader.call('wal', 'copy'),
    syncDatabase: () => databaseFile.datasync(),
    finish: () => writer.call('wal', 'copy'),
    log,
    nowMs: Date.now,
  })
  const tallies = createTallyJournal(() => callLog.wake())
  const callLog = createCallLog({
    commit: async (batch) => {
      const { wal, ...report } = await writer.call('batch', 'commit', batch)
      keeper.note(wal)
      return report
    },
    sync: createWalSync(walFile),
    journal: tallies,
    seen,
    log,
    nowMs: Date.now,
  })

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await callLog.flush()
    await keeper.idle()
    await reader.call('thread', 'close')
    await filling
    await writer.call('thread', 'close')
    await walFile.close()
    await databaseFile.close()
  }

  return {
    configuration: createConfigurationStore({ reader, writer }),
    access: createAccessStore({ reader, writer }),
    calls: createCallStore({ reader, writer, callLog, seen }),
    callLog,
    journal: {
      saveTally: tallies.save,
      deleteTally: tallies.delete,
      load: () => reader.call('journal', 'load'),
    },
    meta: {
      get: (key) => reader.call('meta', 'get', key),
      set: (key, value) => writer.call('meta', 'set', key, value),
    },
    close: () => (closing ??= close()),
  }
}
