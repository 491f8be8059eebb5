import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { explainOpenError } from '../../server/adapters/sqlite/errors/store-errors.ts'
import { aDataDir, openInlineStore, openThreadedStore, silent } from '../support/sqlite-store.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await aDataDir()
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const created = async (): Promise<string> => {
  await (await openInlineStore(dataDir)).close()
  return databaseFile(dataDir)
}

describe('opening a store', () => {
  it('makes the directory for its owner only', async () => {
    const inside = join(dataDir, 'deep', 'er')
    await (await openThreadedStore(inside)).close()
    expect((await stat(inside)).mode & 0o777).toBe(0o700)
    expect((await stat(databaseFile(inside))).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a file in its place', ''],
    ['a path under a file', '/below'],
  ])('refuses %s, naming it and the way out', async (_what, below) => {
    const path = join(dataDir, 'file')
    await writeFile(path, 'x')
    const opening = openSqliteStore({ dataDir: path + below, masterKey: new Uint8Array(32), log: silent })
    await expect(opening).rejects.toMatchObject({ name: 'DataDirectoryError' })
    await expect(opening).rejects.toThrow(new RegExp(`${path}.*SWITCHYARD_DATA_DIR`))
    await expect(loadMasterKey(path + below)).rejects.toMatchObject({ name: 'DataDirectoryError' })
  })

  it('refuses a database file that is a directory', async () => {
    await mkdir(databaseFile(dataDir))
    await expect(openSqliteStore({ dataDir, masterKey: new Uint8Array(32), log: silent })).rejects.toMatchObject({
      name: 'DataDirectoryError',
    })
  })

  it.each([
    ['in threads', openThreadedStore],
    ['in this thread', openInlineStore],
  ])('refuses a file from a newer build, naming both versions (%s)', async (_where, open) => {
    const db = new Database(await created())
    db.pragma('user_version = 990')
    db.exec("INSERT INTO meta VALUES ('schema_written_by', '7.1.0')")
    db.close()
    const opening = open(dataDir)
    await expect(opening).rejects.toMatchObject({ name: 'SchemaFromFutureError' })
    await expect(opening).rejects.toThrow(
      /schema 990; .* up to \d+\. Install version 7\.1\.0 or newer, or restore a backup/,
    )
  })

  it('refuses a file that is no database, or another program’s', async () => {
    const masterKey = await loadMasterKey(dataDir)
    await writeFile(databaseFile(dataDir), 'this is a shopping list, and it is long enough to be looked at'.repeat(100))
    const opening = openSqliteStore({ dataDir, masterKey, log: silent })
    await expect(opening).rejects.toMatchObject({ name: 'NotADatabaseError' })
    await rm(databaseFile(dataDir))
    new Database(databaseFile(dataDir)).exec('CREATE TABLE recipes (id)').close()
    await expect(openSqliteStore({ dataDir, masterKey, log: silent })).rejects.toThrow(/another program/)
  })

  it('explains what the disk says', () => {
    const fault = (code: string) => Object.assign(new Error('no'), { code })
    expect(explainOpenError(fault('SQLITE_FULL'), 'x.db')).toMatchObject({ name: 'DiskFullError' })
    expect(explainOpenError(fault('SQLITE_READONLY'), 'x.db')).toMatchObject({ name: 'DataDirectoryError' })
    expect(explainOpenError(fault('SQLITE_CORRUPT'), 'x.db')).toMatchObject({ name: 'NotADatabaseError' })
    expect(explainOpenError(fault('SQLITE_ERROR'), 'x.db')).toMatchObject({ name: 'Error' })
    expect(explainOpenError('odd', 'x.db')).toMatchObject({ message: 'odd' })
  })
})

describe('the master key', () => {
  it('is made once, for its owner only', async () => {
    const key = await loadMasterKey(dataDir)
    expect(key).toHaveLength(32)
    expect((await stat(join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600)
    expect(await loadMasterKey(dataDir, ' ')).toEqual(key)
  })

  it('is made once also when two processes start together', async () => {
    const keys = await Promise.all([1, 2, 3, 4].map(() => loadMasterKey(dataDir)))
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
  })

  it('comes from the environment first, as hexadecimal or base64', async () => {
    const bytes = Buffer.alloc(32, 7)
    for (const text of [bytes.toString('hex'), bytes.toString('base64'), ` ${bytes.toString('base64url')}\n`])
      expect(Buffer.from(await loadMasterKey(dataDir, text))).toEqual(bytes)
    for (const text of ['short', 'z'.repeat(64), bytes.toString('hex').slice(2)])
      await expect(loadMasterKey(dataDir, text)).rejects.toMatchObject({ name: 'MasterKeyError' })
  })

  it('must be the one the database was made with', async () => {
    await created()
    const opening = openSqliteStore({ dataDir, masterKey: Buffer.alloc(32, 1), log: silent })
    await expect(opening).rejects.toMatchObject({ name: 'MasterKeyError' })
    await expect(opening).rejects.toThrow(/SWITCHYARD_MASTER_KEY.*master\.key/)
  })

  it('is not made anew for a database that needs the one that is missing or spoilt', async () => {
    await created()
    await writeFile(join(dataDir, 'master.key'), 'spoilt')
    await expect(loadMasterKey(dataDir)).rejects.toThrow(/Restore it from a backup, or set SWITCHYARD_MASTER_KEY/)
    await rm(join(dataDir, 'master.key'))
    await expect(loadMasterKey(dataDir)).rejects.toThrow(/is missing.*SWITCHYARD_MASTER_KEY/)
    await expect(readFile(join(dataDir, 'master.key'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
