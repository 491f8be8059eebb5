import type { Database } from 'better-sqlite3'
import type { UnitOfWork } from '../../../ports/call-store.ts'
import type { JournalEntry } from './journal-entry.ts'
import { createJournalWriter } from './journal-repository.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { PackedUnit } from './packed-unit.ts'
import { isStorageFault } from '../errors/store-errors.ts'
import { createTurnTaker } from '../file/take-turn.ts'
import { createUnitWriter } from './unit-writer.ts'
import { type WireError, toWireError } from '../errors/wire-error.ts'

export interface Batch<Unit = UnitOfWork> {
  readonly units: readonly Unit[]
  readonly journal: readonly JournalEntry[]
}

/** What became of a batch that was committed. */
export interface BatchReport {
  /** Units that could not be written, by their place in the batch; all others were. */
  readonly failed: readonly { readonly index: number; readonly error: WireError }[]
  readonly journalError?: WireError
}

/** One batch is one transaction. Throws when nothing of it was stored. */
export const createBatchWriter = (db: Database, keyring: Keyring, isShared = false) => {
  const units = createUnitWriter(db, keyring, isShared)
  const writeJournal = createJournalWriter(db)
  const alone = db.prepare('BEGIN IMMEDIATE')
  const begin = isShared ? createTurnTaker(db) : () => void alone.run()
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT one')
  const release = db.prepare('RELEASE one')
  const undo = db.prepare('ROLLBACK TO one')
  const noteProbe = db.prepare(
    "INSERT INTO meta (key, value) VALUES ('write_probe', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  )
  let probes = 0

  const inBatch = <T>(work: () => T): T => {
    begin()
    units.beginBatch()
    try {
      const result = work()
      units.endBatch()
      commit.run()
      return result
    } catch (error) {
      units.forget()
      // SQLite itself rolls back after some faults, a full disk among them.
      if (db.inTransaction) rollback.run()
      throw error
    }
  }

  /** Undefined when it worked. A storage fault ends the whole batch. */
  const attempt = (work: () => void): WireError | undefined => {
    savepoint.run()
    try {
      work()
      release.run()
      return undefined
    } catch (error) {
      if (isStorageFault(error) || !db.inTransaction) throw error
      undo.run()
      release.run()
      units.forget()
      return toWireError(error)
    }
  }

  const writeAll = (batch: Batch<PackedUnit>): BatchReport => {
    for (const entry of batch.journal) writeJournal(entry)
    for (const unit of batch.units) units.write(unit)
    // An empty batch asks whether writing works, which an empty transaction would not tell.
    if (batch.units.length === 0 && batch.journal.length === 0) noteProbe.run(String((probes += 1)))
    return { failed: [] }
  }

  const writeOneByOne = (batch: Batch<PackedUnit>): BatchReport => {
    const journalError = attempt(() => batch.journal.forEach(writeJournal))
    const failed: { index: number; error: WireError }[] = []
    for (const [index, unit] of batch.units.entries()) {
      const error = attempt(() => units.write(unit))
      if (error) failed.push({ index, error })
    }
    return journalError ? { failed, journalError } : { failed }
  }

  const write = (batch: Batch<PackedUnit>): BatchReport => {
    try {
      return inBatch(() => writeAll(batch))
    } catch (error) {
      if (isStorageFault(error)) throw error
      // Something in it is bad. Savepoints cost time, so units get one each only now.
      return inBatch(() => writeOneByOne(batch))
    }
  }

  /** Rows were changed by other means: what is remembered of calls may not be so any more. */
  return Object.assign(write, { forget: units.forget })
}
