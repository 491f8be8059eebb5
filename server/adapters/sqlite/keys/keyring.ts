import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { DomainError } from '../../../domain/errors.ts'
import { seal, unseal } from '../../../sealing/sealing.ts'

export interface TenantKeys {
  /** The tenant's number: its short name in the tables that grow with every call. */
  readonly no: number
  readonly dataKey: KeyObject
  /** The key for the answers of one day. */
  answersKey(atMs: number): KeyObject
}

export interface Keyring {
  find(tenantId: string): TenantKeys | undefined
  /** Throws NOT_FOUND when there is no such tenant. */
  of(tenantId: string): TenantKeys
  /** A wrapped new data key, to be stored with the tenant. */
  wrapNewDataKey(tenantId: string): Buffer
}

const dayMs = 86_400_000
export const dataKeyPlace = (tenantId: string) => `tenants.data_key.${tenantId}`

const createTenantKeys = (no: number, dataKey: KeyObject): TenantKeys => {
  let day = -1
  let key = dataKey
  return {
    no,
    dataKey,
    answersKey: (atMs) => {
      const wanted = Math.floor(atMs / dayMs)
      if (wanted !== day) {
        // Random 96-bit nonces are safe for 2^32 values per key. Answers are many, so each day has its own key.
        key = createSecretKey(new Uint8Array(hkdfSync('sha256', dataKey, '', `webhook_answers.body.${wanted}`, 32)))
        day = wanted
      }
      return key
    },
  }
}

/**
 * Data keys of tenants, unwrapped once. A tenant's number is never used again once it was stored; one whose transaction failed
 * is, with another key, so what is remembered by it counts for this key alone.
 */
export const createKeyring = (db: Database, siteKey: KeyObject): Keyring => {
  const find = db.prepare<[string], { no: number; data_key: Buffer }>('SELECT no, data_key FROM tenants WHERE id = ?')
  const byNo = new Map<number, { readonly wrapped: Buffer; readonly keys: TenantKeys }>()
  const lookUp = (tenantId: string): TenantKeys | undefined => {
    const row = find.get(tenantId)
    if (!row) return undefined
    const known = byNo.get(row.no)
    if (known?.wrapped.equals(row.data_key)) return known.keys
    const keys = createTenantKeys(row.no, createSecretKey(unseal(siteKey, row.data_key, dataKeyPlace(tenantId))))
    byNo.set(row.no, { wrapped: row.data_key, keys })
    return keys
  }
  return {
    find: lookUp,
    of: (tenantId) => {
      const keys = lookUp(tenantId)
      if (!keys) throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}; it may have been deleted`)
      return keys
    },
    wrapNewDataKey: (tenantId) => seal(siteKey, randomBytes(32), dataKeyPlace(tenantId)),
  }
}
