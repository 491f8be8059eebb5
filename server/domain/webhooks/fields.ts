/**
 * Reads the fields of a webhook as tolerantly as the platform writes them: names in any case and with or without
 * underscores (the first that is not null or blank, the exact spelling before others), an object or a list of one, values as text or number.
 */
export interface Fields {
  /** The value of the first of the names that is there and not null. */
  get(...names: readonly string[]): unknown
  /** As text: numbers are written out; blank text, objects and lists are undefined. */
  text(...names: readonly string[]): string | undefined
  /** An object, also when it came as JSON text or as a list of one; else empty. */
  object(...names: readonly string[]): Fields
  readonly isEmpty: boolean
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asObject = (value: unknown): Record<string, unknown> => {
  if (isObject(value)) return value
  if (Array.isArray(value)) return value.find(isObject) ?? {}
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return {}
  try {
    return asObject(JSON.parse(value))
  } catch {
    // Text that only looks like JSON holds no fields; it stays in the audit as it came.
    return {}
  }
}

export const fold = (name: string): string => name.toLowerCase().replaceAll('_', '')

export const asText = (value: unknown): string | undefined => {
  // JSON may hold half a character, which not every reader of it takes.
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.toWellFormed()
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '')

export const readFields = (value: unknown): Fields => {
  const source = asObject(value)
  let folded: Map<string, unknown> | undefined
  const byFoldedName = (name: string): unknown => {
    if (!folded) {
      folded = new Map()
      for (const [key, held] of Object.entries(source)) {
        if (isBlank(folded.get(fold(key)))) folded.set(fold(key), held)
      }
    }
    return folded.get(fold(name))
  }
  const one = (name: string): unknown => {
    const exact = Object.hasOwn(source, name) ? source[name] : undefined
    return isBlank(exact) ? byFoldedName(name) : exact
  }
  const first = (names: readonly string[], isThere: (held: unknown) => boolean): unknown => {
    for (const name of names) {
      const held = one(name)
      if (isThere(held)) return held
    }
    return undefined
  }
  return {
    get: (...names) => first(names, (held) => held !== undefined && held !== null),
    text: (...names) => asText(first(names, (held) => asText(held) !== undefined)),
    object: (...names) => readFields(first(names, (held) => held !== undefined && held !== null)),
    isEmpty: Object.keys(source).length === 0,
  }
}

const longestWord = 64

/** A status word as the platform wrote it; what is longer than any word is cut. */
export const readWord = (fields: Fields, ...names: readonly string[]): string | undefined =>
  fields
    .text(...names)
    ?.slice(0, longestWord)
    .toWellFormed()

/** Status words come in any case and with any separator. */
export const foldWord = (word: string): string => word.toLowerCase().replace(/[^a-z]/g, '')

const iso = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?$/i

/** Without a zone it is UTC, like all times of the platform. Undefined for what is no ISO time: `Date.parse` alone takes much for a date. */
const readIsoMs = (text: string): number => {
  const [whole, date, time, zone = 'Z'] = iso.exec(text.trim()) ?? []
  return whole === undefined ? NaN : Date.parse(`${date}T${time}${zone}`)
}

/** Milliseconds, from milliseconds, seconds (below 10¹¹), numeric text or ISO text; 0, null and nonsense are undefined. */
export const readTimeMs = (value: unknown): number | undefined => {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const number = Number(value)
  const ms = Number.isNaN(number) ? readIsoMs(String(value)) : number < 1e11 ? number * 1000 : number
  return ms > 0 && ms < 8.64e15 ? Math.round(ms) : undefined
}

/** No call, and no round trip, is longer than a year: whoever says so measured nothing. */
const largestAmount = 366 * 24 * 60 * 60

/** A number of seconds or a score; text is read, "NaN", negative and absurd values are undefined. */
export const readAmount = (value: unknown): number | undefined => {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  const amount = Number(value)
  return amount >= 0 && amount <= largestAmount ? amount : undefined
}
