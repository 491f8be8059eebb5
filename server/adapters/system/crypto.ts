import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Crypto } from '../../ports/system.ts'

const digest = (text: string): string => hash('sha256', text, 'base64url')

export const systemCrypto: Crypto = {
  sign: (key, text) => createHmac('sha256', Buffer.from(key, 'base64url')).update(text).digest('base64url'),
  digest,
  // Digests are of equal length, so the comparison tells nothing of the texts' lengths either.
  sameText: (a, b) => timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b))),
}
