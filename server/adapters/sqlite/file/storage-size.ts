import { statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'

const number = (db: Database, pragma: string): number => db.pragma(pragma, { simple: true }) as number
const incremental = 2
/** Each a transaction of some hundred kilobytes. */
const shrinkPages = 64

export const createStorageSize = (db: Database, file: string) => {
  // An index counts to its table, and what a full-text index is made of to that.
  const tables = db.prepare<[], { name: string; bytes: number }>(`
SELECT coalesce(s.tbl_name, d.name) AS name, sum(d.pgsize) AS bytes
FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY 1 ORDER BY 2 DESC`)
  return (withTables: boolean) => {
    const page = number(db, 'page_size')
    return {
      databaseBytes: number(db, 'page_count') * page,
      walBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      freeBytes: number(db, 'freelist_count') * page,
      shrinks: number(db, 'auto_vacuum') === incremental,
      ...(withTables && { tables: tables.all() }),
    }
  }
}

/** Gives free pages back, letting batches of the call path be written in between. */
export const createShrink = (db: Database) => async (): Promise<void> => {
  if (number(db, 'auto_vacuum') !== incremental) return
  while (number(db, 'freelist_count') > 0) {
    db.exec(`PRAGMA incremental_vacuum(${shrinkPages})`)
    await setImmediate()
  }
}
