import type { Provenance } from '../../ports/audit.ts'
import type { Log } from '../../ports/system.ts'
import { connectStore, type Store } from './connect-store.ts'
import { databaseFile, prepareDataDirectory, syncDirectory } from './file/data-directory.ts'
import { withNextKey } from './keys/master-key.ts'
import type { ExporterApi } from './threads/export-thread-api.ts'
import { lockDataDirectory, type Occupant } from './file/lock-data-directory.ts'
import { startInline } from './threads/inline-host.ts'
import type { LookupApi } from './threads/lookup-thread-api.ts'
import type { ReaderApi } from './threads/reader-thread-api.ts'
import { createStoreThread } from './threads/store-thread-client.ts'
import { startWorker } from './threads/store-thread-host.ts'
import type { WriterApi } from './threads/writer-thread-api.ts'

export type { Store } from './connect-store.ts'
export { openChangeLock } from './file/change-lock.ts'
export { changeKeyFile, loadMasterKey, readEnvironmentKey } from './keys/master-key.ts'
export * from './errors/store-errors.ts'

const notLocked = { isOnlyOne: true, unlock: () => undefined }

/**
 * Opens `<dataDir>/switchyard.db`, making or migrating it first. Rejects with a StoreOpenError whose message names the way out:
 * DataDirectoryError, DataDirectoryInUseError, SchemaFromFutureError, NotADatabaseError, MasterKeyError or DiskFullError.
 */
export const openSqliteStore = async ({
  dataDir,
  masterKey,
  log,
  appVersion,
  occupant,
  isInline = false,
  provenance,
}: {
  dataDir: string
  /** 32 bytes, from loadMasterKey. */
  masterKey: Uint8Array
  log: Log
  /** Noted in the file, for the message that an older build shows. */
  appVersion?: string
  /** Commands are none: they open the store beside whoever works in the directory. */
  occupant?: Occupant
  /** Without threads of its own: it is there at once, and whoever asks waits for the file. */
  isInline?: boolean
  /** Who asks for changes; without it nobody does, and the audit log says so. */
  provenance?: Pick<Provenance, 'current'>
}): Promise<Store> => {
  await prepareDataDirectory(dataDir)
  const { isOnlyOne, unlock } = occupant ? await lockDataDirectory(dataDir, occupant) : notLocked
  const parts = { startHost: isInline ? startInline : startWorker, log, nowMs: Date.now }
  const connect = (key: Uint8Array) =>
    connectStore({
      threads: {
        writer: createStoreThread<WriterApi>({ role: 'writer', ...parts, currently: provenance?.current }),
        reader: createStoreThread<ReaderApi>({ role: 'reader', ...parts }),
        lookup: createStoreThread<LookupApi>({ role: 'lookup', ...parts }),
        exporter: createStoreThread<ExporterApi>({ role: 'exporter', ...parts }),
      },
      options: {
        file: databaseFile(dataDir),
        key: { master: key },
        appVersion,
        nowMs: Date.now(),
        isShared: occupant === 'node',
        mayMigrate: isOnlyOne,
      },
      log,
      isOccupant: occupant !== undefined,
    })
  try {
    const store = await withNextKey(dataDir, masterKey, connect)
    await syncDirectory(dataDir)
    return { ...store, close: () => store.close().finally(unlock) }
  } catch (error) {
    unlock()
    throw error
  }
}
