import type { Database } from 'better-sqlite3'
import { DataDirectoryInUseError, NotADatabaseError, SchemaFromFutureError } from '../errors/store-errors.ts'

/** One step of the schema. Never changed once released: a later step changes what an earlier one made. */
export interface Migration {
  readonly version: number
  readonly name: string
  up(db: Database, nowMs: number): void
}

// "SWYD": tells our files from other programs' SQLite files.
const applicationId = 0x53575944

const readVersion = (db: Database): number => db.pragma('user_version', { simple: true }) as number

const writtenBy = (db: Database): string | undefined => {
  const hasMeta = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined
  if (!hasMeta) return undefined
  const row = db.prepare("SELECT value FROM meta WHERE key = 'schema_written_by'").get() as
    { value: string } | undefined
  return row?.value
}

/** Brings the schema to the newest step, all pending steps in one transaction; a failed step leaves the file as it was. */
export const migrate = (
  db: Database,
  migrations: readonly Migration[],
  options: { file: string; nowMs: number; appVersion?: string | undefined; mayMigrate?: boolean | undefined },
): { from: number; to: number } => {
  const newest = migrations.at(-1)?.version ?? 0
  const step = db.transaction(() => {
    // Read inside the transaction: another process may have migrated while this one waited for the lock.
    const from = readVersion(db)
    if (from > newest) {
      const maker = writtenBy(db)
      throw new SchemaFromFutureError(
        `${options.file} has schema ${from}; this build knows schemas up to ${newest}. ` +
          `Install version ${maker ?? 'that wrote it'} or newer, or restore a backup`,
      )
    }
    if (from === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined)
      throw new NotADatabaseError(
        `${options.file} is a SQLite database of another program. Move it away, or name another directory with SWITCHYARD_DATA_DIR`,
      )
    const pending = migrations.filter(({ version }) => version > from)
    if (pending.length === 0) return { from, to: from }
    if (from > 0 && options.mayMigrate === false)
      throw new DataDirectoryInUseError(
        `Nodes of an older version are working with ${options.file}, which has schema ${from}; this version needs schema ${newest}. ` +
          'Stop all of them, then start this one',
      )
    for (const { up } of pending) up(db, options.nowMs)
    db.pragma(`application_id = ${applicationId}`)
    db.pragma(`user_version = ${newest}`)
    if (options.appVersion !== undefined)
      db.prepare(
        "INSERT INTO meta (key, value) VALUES ('schema_written_by', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      ).run(options.appVersion)
    return { from, to: newest }
  })
  return step.immediate()
}
