import { createSecretKey } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { changeKeyFile, loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { explainOpenError } from '../../server/adapters/sqlite/errors/store-errors.ts'
import { seal, unseal } from '../../server/sealing/sealing.ts'
import { aDataDir, openInlineStore, openThreadedStore, silent } from '../support/sqlite-store.ts'
import { aTenant } from '../support/store-rows.ts'

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

describe('changing the master key', () => {
  const keyNow = () => loadMasterKey(dataDir)
  const openWith = (masterKey: Uint8Array) => openSqliteStore({ dataDir, masterKey, log: silent })
  const tenantOf = async (store: Awaited<ReturnType<typeof openWith>>) =>
    (await store.configuration.tenants.get(undefined, 'tenant-1'))?.webhookApiKey
  const withTenant = async () => {
    const store = await openWith(await keyNow())
    await store.configuration.tenants.create(aTenant({ id: 'tenant-1', webhookApiKey: 'the-secret' }))
    return store
  }
  const nextFile = () => join(dataDir, 'master.key.new')

  it('goes on beside whoever works with the database, and the old key opens nothing any more', async () => {
    const running = await withTenant()
    const before = await keyNow()
    const secret = running.keys.secretFor('x')
    await changeKeyFile(dataDir, running.keys.seal)
    expect(Buffer.from(await keyNow())).not.toEqual(Buffer.from(before))
    expect((await stat(join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600)
    await expect(stat(nextFile())).rejects.toMatchObject({ code: 'ENOENT' })
    await running.configuration.tenants.create(aTenant({ id: 'tenant-2', domain: 'b.example.com', webhookApiKey: 'b' }))
    expect(await tenantOf(running)).toBe('the-secret')
    await running.close()
    await expect(openWith(before)).rejects.toMatchObject({ name: 'MasterKeyError' })
    const again = await openWith(await keyNow())
    expect(await tenantOf(again)).toBe('the-secret')
    expect((await again.configuration.tenants.get(undefined, 'tenant-2'))?.webhookApiKey).toBe('b')
    expect(again.keys.secretFor('x')).toEqual(secret)
    expect(again.keys.secretFor('y')).not.toEqual(secret)
    await again.close()
  })

  it('that ended before the database went by the new key leaves the old one', async () => {
    const store = await withTenant()
    const ended = changeKeyFile(dataDir, () => Promise.reject(new Error('killed')))
    await expect(ended).rejects.toThrow('killed')
    await store.close()
    expect(await stat(nextFile())).toBeDefined()
    const again = await openWith(await keyNow())
    expect(await tenantOf(again)).toBe('the-secret')
    await changeKeyFile(dataDir, again.keys.seal)
    await again.close()
    await (await openWith(await keyNow())).close()
  })

  it('that ended just after is taken up by the next start', async () => {
    const store = await withTenant()
    const ended = changeKeyFile(dataDir, async (key) => {
      await store.keys.seal(key)
      throw new Error('killed')
    })
    await expect(ended).rejects.toThrow('killed')
    await store.close()
    const next = await readFile(nextFile(), 'utf8')
    const again = await openWith(await keyNow())
    expect(await tenantOf(again)).toBe('the-secret')
    await again.close()
    expect(await readFile(join(dataDir, 'master.key'), 'utf8')).toBe(next)
  })

  it('takes over what was sealed by the master key itself, before there was a key of the site', async () => {
    await (await withTenant()).close()
    const masterKey = createSecretKey(await keyNow())
    const db = new Database(databaseFile(dataDir))
    const sealed = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'site_key'").pluck().get() ?? ''
    const site = createSecretKey(unseal(masterKey, Buffer.from(sealed, 'base64'), 'meta.site_key'))
    const place = 'tenants.data_key.tenant-1'
    const dataKey = db.prepare<[], Buffer>('SELECT data_key FROM tenants').pluck().get() ?? Buffer.of()
    db.prepare('UPDATE tenants SET data_key = ?').run(seal(masterKey, unseal(site, dataKey, place), place))
    db.prepare("DELETE FROM meta WHERE key = 'site_key'").run()
    const check = seal(masterKey, 'switchyard', 'meta.master_key_check').toString('base64')
    db.prepare("INSERT INTO meta (key, value) VALUES ('master_key_check', ?)").run(check)
    db.close()
    await expect(openWith(Buffer.alloc(32, 1))).rejects.toMatchObject({ name: 'MasterKeyError' })
    const store = await openWith(await keyNow())
    expect(await tenantOf(store)).toBe('the-secret')
    await store.close()
    await expect(openWith(Buffer.alloc(32, 1))).rejects.toMatchObject({ name: 'MasterKeyError' })
  })
})
