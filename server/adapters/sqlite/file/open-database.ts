import Database from 'better-sqlite3'
import type { ThreadRole } from '../threads/thread-protocol.ts'

/** KiB of pages each thread keeps for itself; the operating system keeps the rest of the file as far as it has room. */
const cacheKib: Readonly<Record<ThreadRole, number>> = { writer: 8_000, reader: 8_000, lookup: 2_000, exporter: 4_000 }

/**
 * `synchronous = NORMAL` in WAL mode: a commit is in the operating system's hands when it returns, which a `kill -9` cannot
 * undo; what must survive a power cut is synced on top (wal-sync.ts). Checkpoints still sync in the right order.
 *
 * No automatic checkpoints: they would run inside a commit and hold up every answer behind it (wal-keeper.ts).
 */
export const openDatabase = (file: string, role: ThreadRole, patienceMs = 5000): Database.Database => {
  const db = new Database(file, { timeout: patienceMs })
  try {
    if (role === 'writer') {
      // Of a file that has tables already this changes nothing.
      db.pragma('auto_vacuum = INCREMENTAL')
      db.pragma('journal_mode = WAL')
      // What is deleted is overwritten. Calls delete next to nothing, so their commits are as large as without.
      db.pragma('secure_delete = ON')
      db.pragma('journal_size_limit = 67108864')
    }
    db.pragma('synchronous = NORMAL')
    db.pragma('foreign_keys = ON')
    db.pragma('wal_autocheckpoint = 0')
    db.pragma('temp_store = MEMORY')
    db.pragma(`cache_size = ${-cacheKib[role]}`)
    // The reader checkpoints, so it cannot be opened read-only; this stops the others from changing anything else.
    if (role !== 'writer') db.pragma('query_only = ON')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
