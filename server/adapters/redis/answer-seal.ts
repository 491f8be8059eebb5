import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { seal, unsealText } from '../../sealing/sealing.ts'

/** Answers hold credentials and signed state, so they lie in Redis encrypted, under a key of the tenant. */
export interface AnswerSeal {
  seal(tenantId: string, place: string, text: string): string
  /** Undefined when it does not open: another key, or another place. */
  open(tenantId: string, place: string, sealed: string): string | undefined
}

/** `secret`: 32 bytes, the same on all nodes. */
export const createAnswerSeal = (secret: Uint8Array): AnswerSeal => {
  const keys = new Map<string, KeyObject>()
  const keyOf = (tenantId: string): KeyObject => {
    let key = keys.get(tenantId)
    if (!key) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, tenantId, 'answers in the runtime state', 32)))
      keys.set(tenantId, key)
    }
    return key
  }
  return {
    seal: (tenantId, place, text) => seal(keyOf(tenantId), text, place).toString('base64'),
    open(tenantId, place, sealed) {
      try {
        return unsealText(keyOf(tenantId), Buffer.from(sealed, 'base64'), place)
      } catch {
        return undefined
      }
    },
  }
}
