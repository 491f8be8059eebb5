import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'

/**
 * AES-256-GCM, laid out as format byte, nonce, ciphertext, tag. `place` (table, column, row) is authenticated with it, so that
 * a sealed value moved to another row or column does not open. Keys are KeyObjects: made from bytes anew for each value, they would
 * cost three times what the encryption does.
 */
const format = 1
const nonceBytes = 12
const tagBytes = 16

// Random bytes for many nonces at once: a call to the generator costs more than the encryption of a short text.
const pool = Buffer.alloc(nonceBytes * 512)
let used = pool.length
const nextNonce = (): Buffer => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return Buffer.from(pool.subarray(used, (used += nonceBytes)))
}

export const seal = (key: KeyObject, clear: string | Uint8Array, place: string): Buffer => {
  const nonce = nextNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(place))
  const body = typeof clear === 'string' ? cipher.update(clear, 'utf8') : cipher.update(clear)
  cipher.final()
  return Buffer.concat([Buffer.of(format), nonce, body, cipher.getAuthTag()])
}

/** Throws when the key is another one, or the value was changed or moved. */
export const unseal = (key: KeyObject, sealed: Uint8Array, place: string): Buffer => {
  if (sealed.length < 1 + nonceBytes + tagBytes || sealed[0] !== format)
    throw new Error(`${place} does not hold a sealed value`)
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + nonceBytes))
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const body = decipher.update(sealed.subarray(1 + nonceBytes, sealed.length - tagBytes))
  return Buffer.concat([body, decipher.final()])
}

export const unsealText = (key: KeyObject, sealed: Uint8Array, place: string): string =>
  unseal(key, sealed, place).toString('utf8')
