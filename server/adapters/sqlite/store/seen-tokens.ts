/**
 * Which session tokens were ever stored, as Bloom filters: "no" is certain, "yes" means look. A call's first request can thus be
 * answered without asking the file. The first filter lives in shared memory, where the reader thread enters what the file
 * holds; when it is full a larger one takes over, up to a limit past which more and more answers are "yes".
 */
const hashes = 4
const bitsPerToken = 12
const smallestBits = 2 ** 24
const largestBits = 2 ** 28

export interface TokenFilter {
  readonly bits: number
  readonly words: Int32Array
}

const createFilter = (bits: number): TokenFilter => ({ bits, words: new Int32Array(new SharedArrayBuffer(bits / 8)) })

/** Two independent 32-bit hashes; the further ones are combinations of them. */
const positions = (token: string, bits: number): number[] => {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  for (let index = 0; index < token.length; index += 1) {
    const unit = token.charCodeAt(index)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x5bd1e995)
    b ^= b >>> 15
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  a ^= a >>> 13
  const step = b | 1
  return Array.from({ length: hashes }, (_, n) => (a + Math.imul(n, step)) & (bits - 1))
}

// Atomic, because two threads may set bits of one word.
export const addToken = ({ bits, words }: TokenFilter, token: string): void => {
  for (const position of positions(token, bits)) Atomics.or(words, position >>> 5, 1 << (position & 31))
}

const hasToken = ({ bits, words }: TokenFilter, token: string): boolean =>
  positions(token, bits).every((position) => ((words[position >>> 5] ?? 0) & (1 << (position & 31))) !== 0)

export interface SeenTokens {
  add(token: string): void
  mayContain(token: string): boolean
  /** To be filled with what is stored. */
  readonly first: TokenFilter
  /** Until then every token may have been seen. */
  markFilled(): void
  isFilled(): boolean
}

export const createSeenTokens = (storedTokens: number): SeenTokens => {
  let bits = smallestBits
  while (bits < largestBits && bits < storedTokens * bitsPerToken * 2) bits *= 2
  const first = createFilter(bits)
  const filters = [first]
  let newest = first
  let room = bits / bitsPerToken - storedTokens
  let isFilled = false
  return {
    first,
    add: (token) => {
      if (room <= 0 && bits < largestBits) {
        bits *= 2
        newest = createFilter(bits)
        filters.push(newest)
        room = bits / bitsPerToken
      }
      room -= 1
      addToken(newest, token)
    },
    mayContain: (token) => !isFilled || filters.some((filter) => hasToken(filter, token)),
    markFilled: () => {
      isFilled = true
    },
    isFilled: () => isFilled,
  }
}
