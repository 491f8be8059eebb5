import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { Hide } from '../../../domain/audit/redact.ts'
import type { Keyring } from '../keys/keyring.ts'

const hashBytes = 15
const purpose = 'audit_log.hidden'

/** Four bits a letter: a digit might make a phone number of what is beside it. */
const letters = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))

const deriveKey = (key: KeyObject): KeyObject =>
  createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', purpose, 32)))

const hideWith =
  (key: KeyObject): Hide =>
  (text) =>
    `hash:${letters(createHmac('sha256', key).update(text).digest().subarray(0, hashBytes))}`

/**
 * How values of a tenant, or of the whole site, are hidden: there are only so many phone numbers, so a salt that anybody can read
 * would hide none. The key is derived from the tenant's data key: with the tenant goes what its hashes could be compared by.
 */
export const createHiding = (keyring: Keyring, siteKey: KeyObject): ((tenantId: string | undefined) => Hide) => {
  const known = new WeakMap<KeyObject, Hide>()
  return (tenantId) => {
    const key = (tenantId === undefined ? undefined : keyring.find(tenantId)?.dataKey) ?? siteKey
    let hide = known.get(key)
    if (!hide) known.set(key, (hide = hideWith(deriveKey(key))))
    return hide
  }
}
