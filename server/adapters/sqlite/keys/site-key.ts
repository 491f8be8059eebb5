import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { seal, unseal } from '../../../sealing/sealing.ts'
import { MasterKeyError } from '../errors/store-errors.ts'
import { inTransaction } from '../file/transaction.ts'
import type { SiteKey } from '../threads/thread-protocol.ts'
import { dataKeyPlace } from './keyring.ts'

const name = 'site_key'
const place = `meta.${name}`
/** What the master key sealed before there was a site key, beside the data keys of tenants. */
const checkName = 'master_key_check'
const checkPlace = `meta.${checkName}`

const createMeta = (db: Database) => {
  const one = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const put = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const drop = db.prepare('DELETE FROM meta WHERE key = ?')
  return {
    get: (key: string): Buffer | undefined => {
      const value = one.get(key)
      return value === undefined ? undefined : Buffer.from(value, 'base64')
    },
    set: (key: string, value: Buffer): void => void put.run(key, value.toString('base64')),
    drop: (key: string): void => void drop.run(key),
  }
}

const wrongKey = (file: string, cause: unknown): MasterKeyError =>
  new MasterKeyError(
    `The master key is not the one that ${file} was made with. Set SWITCHYARD_MASTER_KEY to the right key or put back ` +
      'its file master.key; or, if the key is lost, move the database away and start with an empty one or a backup',
    { cause },
  )

const unsealOrExplain = (masterKey: KeyObject, sealed: Buffer, at: string, file: string): Buffer => {
  try {
    return unseal(masterKey, sealed, at)
  } catch (cause) {
    throw wrongKey(file, cause)
  }
}

/** Has the data keys of tenants, which the master key has sealed so far, sealed by the site key. */
const takeOver = (db: Database, masterKey: KeyObject, siteKey: KeyObject): void => {
  const rows = db.prepare<[], { id: string; data_key: Buffer }>('SELECT id, data_key FROM tenants').all()
  const change = db.prepare('UPDATE tenants SET data_key = ? WHERE id = ?')
  for (const { id, data_key } of rows) {
    const dataKey = unseal(masterKey, data_key, dataKeyPlace(id))
    change.run(seal(siteKey, dataKey, dataKeyPlace(id)), id)
  }
}

/**
 * The key of this site, which seals the data keys of its tenants. It never changes and lies in the database, sealed by the
 * master key: so the master key is changed by sealing one value anew, whoever is at work with the others. Made at the first
 * start. Throws MasterKeyError when the master key does not open it.
 */
export const openSiteKey = (db: Database, key: SiteKey, file: string): KeyObject => {
  if ('site' in key) return createSecretKey(key.site)
  const masterKey = createSecretKey(key.master)
  const meta = createMeta(db)
  const sealed = (): KeyObject | undefined => {
    const value = meta.get(name)
    return value && createSecretKey(unsealOrExplain(masterKey, value, place, file))
  }
  const make = inTransaction(db, (): KeyObject => {
    // Of two nodes that start at once one makes it, and the other one's master key must open it too.
    const there = sealed()
    if (there) return there
    const check = meta.get(checkName)
    if (check) unsealOrExplain(masterKey, check, checkPlace, file)
    const bytes = randomBytes(32)
    const siteKey = createSecretKey(bytes)
    takeOver(db, masterKey, siteKey)
    meta.set(name, seal(masterKey, bytes, place))
    meta.drop(checkName)
    return siteKey
  })
  return sealed() ?? make()
}

/** As `openSiteKey`, of a database that a writer has opened before. */
export const readSiteKey = (db: Database, key: SiteKey, file: string): KeyObject => {
  if ('site' in key) return createSecretKey(key.site)
  const sealed = createMeta(db).get(name) ?? Buffer.alloc(0)
  return createSecretKey(unsealOrExplain(createSecretKey(key.master), sealed, place, file))
}

/** 32 bytes for one purpose, the same on all nodes whatever becomes of the master key. */
export const secretFor = (siteKey: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', siteKey, '', purpose, 32))

export const createSiteKeys = (db: Database, siteKey: KeyObject) => ({
  bytes: (): Uint8Array => new Uint8Array(siteKey.export()),
  /** From then on the other master key opens the database, and the one of before does not. */
  seal: (masterKey: Uint8Array): void =>
    createMeta(db).set(name, seal(createSecretKey(masterKey), siteKey.export(), place)),
})
