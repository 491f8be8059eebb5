import { createExportSource } from '../exports/export-reader.ts'
import { createKeyring } from '../keys/keyring.ts'
import { readSiteKey } from '../keys/site-key.ts'
import { openDatabase } from '../file/open-database.ts'
import { createQueries } from '../query/query-builder.ts'
import type { ThreadOptions } from './thread-protocol.ts'

/** Reads records by the million, so that nobody else waits for that. */
export const openExporter = ({ file, key }: ThreadOptions) => {
  const db = openDatabase(file, 'exporter')
  const keyring = createKeyring(db, readSiteKey(db, key, file))
  return {
    exports: createExportSource(db, keyring, createQueries(db), () => performance.now()),
    thread: { close: (): void => void db.close() },
  }
}

export type ExporterApi = ReturnType<typeof openExporter>
