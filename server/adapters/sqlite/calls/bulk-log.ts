import type { UnitOfWork } from '../../../ports/call-store.ts'
import { createBatchWriter } from './batch-writer.ts'
import { databaseFile } from '../file/data-directory.ts'
import { createKeyring } from '../keys/keyring.ts'
import { readSiteKey } from '../keys/site-key.ts'
import { openDatabase } from '../file/open-database.ts'
import { packUnit } from './packed-unit.ts'
import { createSettling } from './settling.ts'
import { fromWireError } from '../errors/wire-error.ts'

/** KiB of pages: the ends of all indexes, so that none of them is read again from the file. */
const cacheKib = 128_000
/** Settled at once: what that costs is mostly the same for few and for many. */
const settledTogether = 10_000
/** No CDR is waited for. */
const nothingComes = { fromMs: 0, untilMs: 0 }
/** Pages of 4 KiB. Nobody waits for an answer here, so copying the log may hold up a commit. */
const copyFrom = 32_768

export interface BulkLog {
  /** All of them in one transaction, written when it returns. Throws when one could not be; then the rest is. */
  write(units: readonly UnitOfWork[]): void
  /** Throws when the last ones could not be settled; the next server does it. It is closed all the same. */
  close(): void
}

/**
 * The write path of calls without its threads, for a great many units at once and nobody who waits for one of them: the same
 * statements, in the caller's thread, because handing a unit to another one costs half of what writing it does. Only beside a
 * store that has the directory for itself, which has made the tables.
 */
export const openBulkLog = (dataDir: string, masterKey: Uint8Array): BulkLog => {
  const file = databaseFile(dataDir)
  const db = openDatabase(file, 'writer')
  db.pragma(`cache_size = ${-cacheKib}`)
  db.pragma(`wal_autocheckpoint = ${copyFrom}`)
  const settleSlice = createSettling(db, () => void db.exec('BEGIN IMMEDIATE'))
  const settle = (): void => {
    while (!settleSlice(nothingComes, settledTogether).isDone);
  }
  let unsettled = 0
  const writeBatch = createBatchWriter(db, createKeyring(db, readSiteKey(db, { master: masterKey }, file)))
  return {
    write: (units) => {
      const [failure] = writeBatch({ units: units.map(packUnit), journal: [] }).failed
      if (failure) throw fromWireError(failure.error)
      unsettled += units.length
      if (unsettled < settledTogether) return
      settle()
      unsettled = 0
    },
    close: () => {
      try {
        settle()
      } finally {
        db.close()
      }
    },
  }
}
