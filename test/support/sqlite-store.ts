import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectStore, type Store } from '../../server/adapters/sqlite/connect-store.ts'
import { databaseFile, prepareDataDirectory } from '../../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import type { ExporterApi } from '../../server/adapters/sqlite/threads/export-thread-api.ts'
import { startInline } from '../../server/adapters/sqlite/threads/inline-host.ts'
import type { LookupApi } from '../../server/adapters/sqlite/threads/lookup-thread-api.ts'
import type { ReaderApi } from '../../server/adapters/sqlite/threads/reader-thread-api.ts'
import { createStoreThread } from '../../server/adapters/sqlite/threads/store-thread-client.ts'
import type { WriterApi } from '../../server/adapters/sqlite/threads/writer-thread-api.ts'
import type { Log } from '../../server/ports/system.ts'

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

export const aDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'switchyard-store-'))

/** The store as it ships, with its threads. */
export const openThreadedStore = async (dataDir: string, log: Log = silent): Promise<Store> =>
  openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log })

/** The same store with everything in this thread, over the same messages: faster to start, and its coverage is counted. */
export const openInlineStore = async (dataDir: string, log: Log = silent, isShared = false): Promise<Store> => {
  const masterKey = await loadMasterKey(dataDir)
  await prepareDataDirectory(dataDir)
  const parts = { startHost: startInline, log, nowMs: Date.now }
  return connectStore({
    isOccupant: true,
    threads: {
      writer: createStoreThread<WriterApi>({ role: 'writer', ...parts }),
      reader: createStoreThread<ReaderApi>({ role: 'reader', ...parts }),
      lookup: createStoreThread<LookupApi>({ role: 'lookup', ...parts }),
      exporter: createStoreThread<ExporterApi>({ role: 'exporter', ...parts }),
    },
    options: { file: databaseFile(dataDir), key: { master: masterKey }, nowMs: Date.now(), isShared },
    log,
  })
}

/** A store in a directory of its own, both gone after `dispose`. */
export const aSqliteStore = async (open: (dataDir: string) => Promise<Store> = openInlineStore) => {
  const dataDir = await aDataDir()
  const store = await open(dataDir)
  return {
    store,
    dataDir,
    dispose: async () => {
      await store.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
