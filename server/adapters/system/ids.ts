import { randomBytes, randomFillSync } from 'node:crypto'
import type { NewId, NewSecret } from '../../ports/system.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Random bits in stock, so that an identifier costs no call into the operating system. */
const stock = new Uint8Array(8192)
let used = stock.length

const randomChars = (count: number): string => {
  if (used + count > stock.length) {
    randomFillSync(stock)
    used = 0
  }
  let text = ''
  for (let i = 0; i < count; i += 1) text += alphabet.charAt((stock[used + i] ?? 0) & 31)
  used += count
  return text
}

/** Nine characters of time, eleven of chance (55 bits): sorts by creation, spells no words, fits into URLs. */
export const newId: NewId = () => Date.now().toString(36).padStart(9, '0') + randomChars(11)

export const newSecret: NewSecret = (bits) => randomBytes(Math.ceil(bits / 8)).toString('base64url')
