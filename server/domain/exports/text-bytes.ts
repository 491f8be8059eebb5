/** Letters that `plain` does not write, by their code. */
export type Special = Uint8Array

const ascii = 128
const replacement = 0xfffd

/** Control characters, and those given. */
export const specialLetters = (letters: string): Special => {
  const special = new Uint8Array(ascii)
  for (let code = 0; code < ascii; code += 1)
    if (code < 32 || code === 127 || letters.includes(String.fromCharCode(code))) special[code] = 1
  return special
}

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** Text in UTF-8 in the making. Letters go straight to their place: a string for every cell would cost more than reading it. */
export class TextBytes {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(expected: number) {
    this.#bytes = new Uint8Array(expected)
  }

  get length(): number {
    return this.#length
  }

  #reserve(count: number): void {
    if (this.#bytes.length - this.#length >= count) return
    const larger = new Uint8Array(2 * (this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }

  /** False, and nothing is written, where there is a letter that is special or not of ASCII. */
  plain(text: string, special: Special): boolean {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < length; i += 1) {
      const code = text.charCodeAt(i)
      if (code >= ascii || special[code] !== 0) return false
      bytes[at] = code
      at += 1
    }
    this.#length = at
    return true
  }

  /** Halves of letters are written as letters that are not known, as everywhere. */
  text(text: string): void {
    this.#reserve(3 * text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i += 1) {
      let code = Number(text.codePointAt(i))
      if (code > 0xffff) i += 1
      else if (isSurrogate(code)) code = replacement
      if (code < 0x80) bytes[at++] = code
      else {
        if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6)
        else {
          if (code < 0x10000) bytes[at++] = 0xe0 | (code >> 12)
          else {
            bytes[at++] = 0xf0 | (code >> 18)
            bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
          }
          bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
        }
        bytes[at++] = 0x80 | (code & 0x3f)
      }
    }
    this.#length = at
  }

  /** Takes back what was written from there on. */
  cut(length: number): void {
    this.#length = length
  }

  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }
}
