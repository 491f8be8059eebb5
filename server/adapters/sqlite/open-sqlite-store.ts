import { Worker } from 'node:worker_threads'
import type { Log } from '../../ports/system.ts'
import { connectStore, type Store } from './connect-store.ts'
import { databaseFile, prepareDataDirectory, syncDirectory } from './data-directory.ts'
import type { ReaderApi } from './reader-thread-api.ts'
import { createThreadClient } from './thread-client.ts'
import type { ThreadRole } from './thread-protocol.ts'
import type { WriterApi } from './writer-thread-api.ts'

export type { Store } from './connect-store.ts'
export { loadMasterKey } from './master-key.ts'
export * from './store-errors.ts'

/** The thread's file lies beside this one: as source when this is source, else as a chunk of the same build. */
const threadFile = (): URL => {
  // A variable, so that the bundler does not take this for the address of an asset.
  const here = import.meta.url
  return new URL(`store-thread.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}

const startThread = <Api>(role: ThreadRole, log: Log) => {
  const worker = new Worker(threadFile(), { name: `store ${role}` })
  const client = createThreadClient<Api>(worker)
  const stopped = (error: unknown) => {
    log.error({ error, role }, 'A thread of the store stopped')
    client.fail(`The ${role} of the store stopped; start the server again`)
  }
  worker.once('error', stopped)
  worker.once('exit', (code) => client.fail(`The ${role} of the store ended (${code}); start the server again`))
  return { client, end: () => worker.terminate() }
}

/**
 * Opens `<dataDir>/switchyard.db`, making or migrating it first. Rejects with a StoreOpenError whose message names the way out:
 * DataDirectoryError, SchemaFromFutureError, NotADatabaseError, MasterKeyError or DiskFullError.
 */
export const openSqliteStore = async ({
  dataDir,
  masterKey,
  log,
  appVersion,
}: {
  dataDir: string
  /** 32 bytes, from loadMasterKey. */
  masterKey: Uint8Array
  log: Log
  /** Noted in the file, for the message that an older build shows. */
  appVersion?: string
}): Promise<Store> => {
  await prepareDataDirectory(dataDir)
  const writer = startThread<WriterApi>('writer', log)
  const reader = startThread<ReaderApi>('reader', log)
  const end = async () => {
    await Promise.all([writer.end(), reader.end()])
  }
  try {
    const options = { file: databaseFile(dataDir), masterKey, appVersion, nowMs: Date.now() }
    const store = await connectStore({ writer: writer.client, reader: reader.client, options, log })
    await syncDirectory(dataDir)
    return {
      ...store,
      close: async () => {
        await store.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
