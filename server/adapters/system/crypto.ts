import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { Crypto } from '../../ports/system.ts'

const digest = (text: string): string => hash('sha256', text, 'base64url')

/** Making a key from bytes costs eight times what signing with it does. Keys are few: one or two per tenant. */
const keptKeys = 1000
const keys = new Map<string, KeyObject>()

const keyOf = (text: string): KeyObject => {
  let key = keys.get(text)
  if (!key) {
    if (keys.size >= keptKeys) keys.clear()
    keys.set(text, (key = createSecretKey(text, 'base64url')))
  }
  return key
}

export const systemCrypto: Crypto = {
  sign: (key, text) => createHmac('sha256', keyOf(key)).update(text).digest('base64url'),
  digest,
  // Digests are of equal length, so the comparison tells nothing of the texts' lengths either.
  sameText: (a, b) => timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b))),
}
