/**
 * Hides secrets by the names of their fields, in JSON, in forms and in either of them as text inside the other. What
 * cannot be read is shown up to the first such name only: nobody can tell where its value ends.
 */

export type MaskText = (text: string) => string

export const secretName =
  /passw|passphrase|pwd|secret|authori[sz]ation|credential|(?:api|private|access|auth)[-_. ]?key|(?:access|auth|refresh|bearer|client|api|csrf)[-_. ]?token/i

/** A name, a scheme, or letters written as escapes, in which either may hide. */
const trace = new RegExp(String.raw`${secretName.source}|bearer\s|basic\s|u00[2-7]|%[4-7]`, 'i')
/** Hidden otherwise, but not where it is written in escapes. */
const ownUrl = /[?&]s=|\/voice\//

/** Text that nobody can decode may hold anything. */
const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

const looksLikeJson = (text: string): boolean => /^\s*[[{"]/.test(text)
const looksLikeForm = (text: string): boolean => /^[^\s={}[\]<>"]+=/.test(text)

export const mayHoldSecret = (payload: string): boolean => {
  if (!payload.includes('%') || looksLikeJson(payload)) return trace.test(payload)
  const text = decoded(payload)
  return text === undefined || trace.test(text) || ownUrl.test(text)
}

const deepest = 64
/** Text in text in text: no platform goes further. */
const mostInside = 4
/** Texts inside one payload that are read as JSON; each failure costs as much as thousands of letters. */
const mostReadings = 64

const hidden = '***'
/** Nothing to hide. */
const isBare = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || typeof value === 'boolean'

/** Escapes written out, as far as letters go; for a look, not for reading. */
const unescaped = (text: string): string =>
  text.replace(/(?:\\+u00|%)([2-7][0-9a-f])/gi, (_escape, code: string) => String.fromCharCode(parseInt(code, 16)))

const isSignedState = (name: string): boolean => name === 's' || name.endsWith('?s')

export const createFieldMask = (maskText: MaskText): MaskText => {
  const maskUnread = (text: string): string => {
    const found = secretName.exec(text)
    if (found) return `${text.slice(0, found.index + found[0].length)}${hidden}`
    if (secretName.test(unescaped(text))) return `${text.slice(0, text.search(/\\+u00|%/i))}${hidden}`
    return maskText(text)
  }

  return (payload) => {
    let readings = 0
    let changes = 0

    const maskLeaf = (text: string, inside: number): string => {
      if (!mayHoldSecret(text) && !ownUrl.test(text)) return text
      if (inside > mostInside) return hidden
      if (looksLikeForm(text)) return maskForm(text, inside)
      if (!looksLikeJson(text)) return maskText(text)
      readings += 1
      return readings > mostReadings ? hidden : (maskJson(text, inside) ?? maskUnread(text))
    }

    const maskValue = (value: unknown, depth: number, inside: number): unknown => {
      if (typeof value === 'string') return maskLeaf(value, inside + 1)
      if (typeof value !== 'object' || value === null) return value
      if (depth >= deepest) return hidden
      if (Array.isArray(value)) maskArray(value, depth + 1, inside)
      else maskObject(value as Record<string, unknown>, depth + 1, inside)
      return value
    }
    // Both change what JSON.parse has just made, which is nobody else's.
    const maskArray = (values: unknown[], depth: number, inside: number): void => {
      for (const [i, before] of values.entries()) {
        const after = maskValue(before, depth, inside)
        if (after === before) continue
        values[i] = after
        changes += 1
      }
    }
    const maskObject = (holder: Record<string, unknown>, depth: number, inside: number): void => {
      for (const name of Object.keys(holder)) {
        const before = holder[name]
        const after = secretName.test(name) && !isBare(before) ? hidden : maskValue(before, depth, inside)
        if (after === before) continue
        holder[name] = after
        changes += 1
      }
    }

    /** Undefined when it is none. Text in which nothing was hidden stays as it is written. */
    const maskJson = (text: string, inside: number): string | undefined => {
      let root: unknown
      try {
        root = JSON.parse(text)
      } catch {
        // Text that only looks like JSON; the caller hides what it cannot read.
        return undefined
      }
      const before = changes
      const masked = maskValue(root, 0, inside)
      return changes === before && masked === root ? text : JSON.stringify(masked)
    }

    const maskPair = (pair: string, inside: number): string => {
      const [, rawName = '', rawValue = ''] = /^([^=]*)=([^]*)$/.exec(pair) ?? []
      if (rawValue === '') return pair
      const [name, value] = [decoded(rawName), decoded(rawValue)]
      if (name === undefined || value === undefined || secretName.test(name) || isSignedState(name))
        return `${rawName}=${hidden}`
      const after = maskLeaf(value, inside + 1)
      return after === value ? pair : `${rawName}=${encodeURIComponent(after)}`
    }
    const maskForm = (text: string, inside: number): string =>
      text
        .split('&')
        .map((pair) => maskPair(pair, inside))
        .join('&')

    if (looksLikeJson(payload)) return maskJson(payload, 0) ?? maskUnread(payload)
    return looksLikeForm(payload) ? maskForm(payload, 0) : maskUnread(payload)
  }
}
