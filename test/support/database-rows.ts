import Database from 'better-sqlite3'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { allSettled } from './settled.ts'

/** All that the database file holds, when nothing of the calls before is left to be done. */
export const databaseRows = async (dataDir: string): Promise<Record<string, unknown[]>> => {
  await allSettled(dataDir)
  const db = new Database(databaseFile(dataDir), { readonly: true })
  try {
    const tables = db
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
    return Object.fromEntries(tables.map(({ name }) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]))
  } finally {
    db.close()
  }
}
