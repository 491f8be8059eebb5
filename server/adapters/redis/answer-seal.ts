import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'

/** Answers hold credentials and signed state, so they lie in Redis encrypted, under a key of the tenant. */
export interface AnswerSeal {
  seal(tenantId: string, place: string, text: string): string
  /** Undefined when it does not open: another key, or another place. */
  open(tenantId: string, place: string, sealed: string): string | undefined
}

const nonceBytes = 12
const tagBytes = 16

/** `masterKey`: 32 bytes, the same on all nodes. */
export const createAnswerSeal = (masterKey: Uint8Array): AnswerSeal => {
  const keys = new Map<string, KeyObject>()
  const keyOf = (tenantId: string): KeyObject => {
    let key = keys.get(tenantId)
    if (!key) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, tenantId, 'answers in the runtime state', 32)))
      keys.set(tenantId, key)
    }
    return key
  }
  return {
    seal(tenantId, place, text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keyOf(tenantId), nonce).setAAD(Buffer.from(place))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
    },
    open(tenantId, place, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyOf(tenantId), bytes.subarray(0, nonceBytes))
        decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(bytes.length - tagBytes))
        const body = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes))
        return Buffer.concat([body, decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
