import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { connectStore, type Store } from '../../server/adapters/sqlite/connect-store.ts'
import { databaseFile, prepareDataDirectory } from '../../server/adapters/sqlite/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import type { ReaderApi } from '../../server/adapters/sqlite/reader-thread-api.ts'
import { runStoreThread } from '../../server/adapters/sqlite/run-store-thread.ts'
import { createThreadClient } from '../../server/adapters/sqlite/thread-client.ts'
import type { WriterApi } from '../../server/adapters/sqlite/writer-thread-api.ts'
import type { Log } from '../../server/ports/system.ts'

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

export const aDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'switchyard-store-'))

/** The store as it ships, with its two threads. */
export const openThreadedStore = async (dataDir: string, log: Log = silent): Promise<Store> =>
  openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log })

/** The same store with both halves in this thread, over the same messages: faster to start, and its coverage is counted. */
export const openInlineStore = async (dataDir: string, log: Log = silent): Promise<Store> => {
  const masterKey = await loadMasterKey(dataDir)
  await prepareDataDirectory(dataDir)
  const [writing, reading] = [new MessageChannel(), new MessageChannel()]
  runStoreThread(writing.port2)
  runStoreThread(reading.port2)
  const closePorts = () => {
    writing.port1.close()
    reading.port1.close()
  }
  try {
    const store = await connectStore({
      writer: createThreadClient<WriterApi>(writing.port1),
      reader: createThreadClient<ReaderApi>(reading.port1),
      options: { file: databaseFile(dataDir), masterKey, nowMs: Date.now() },
      log,
    })
    return {
      ...store,
      close: async () => {
        await store.close()
        closePorts()
      },
    }
  } catch (error) {
    closePorts()
    throw error
  }
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
