import { fold } from './fields.ts'

export type Scalar = string | number | boolean | null

/** One place where two contents differ; a side that is missing has nothing there. */
export interface Difference {
  /** A JSON pointer: `/payload/SessionData/status`. */
  readonly path: string
  readonly before?: Scalar | undefined
  readonly after?: Scalar | undefined
}

interface Leaf {
  readonly path: string
  readonly value: Scalar
}

/** Nobody nests deeper, and whoever does is shown no more than that. */
const deepest = 64
/** What would be more is compared as the one text it is: a megabyte holds half a million fields. */
const mostFields = 20_000

const tooDeep = '(nested too deep)'
const textOf = (value: object): string => {
  try {
    return JSON.stringify(value)
  } catch {
    // It is read without recursion and written with it.
    return tooDeep
  }
}
const sizeOf = (value: object): number => (Array.isArray(value) ? value.length : Object.keys(value).length)

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** A form holds objects as JSON text. */
const unwrapped = (value: unknown): unknown => {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    // It only looks like JSON, and is compared as the text it is.
    return value
  }
}

/** Everything that is no object or list, by its folded path: fields mean the same in any case and with or without underscores. */
const leavesOf = (content: unknown): Map<string, Leaf> => {
  const leaves = new Map<string, Leaf>()
  let fields = 0
  const visit = (given: unknown, path: string, key: string, depth: number): void => {
    const value = depth < deepest ? unwrapped(given) : tooDeep
    if (typeof value !== 'object' || value === null) {
      leaves.set(key, { path, value: value as Scalar })
      return
    }
    const size = sizeOf(value)
    if (fields + size > mostFields) {
      leaves.set(key, { path, value: textOf(value) })
      return
    }
    fields += size
    const entries = Object.entries(value)
    if (entries.length === 0) leaves.set(key, { path, value: Array.isArray(value) ? '[]' : '{}' })
    for (const [name, held] of entries)
      if (held !== undefined) visit(held, `${path}/${escaped(name)}`, `${key}/${escaped(fold(name))}`, depth + 1)
  }
  if (content !== undefined) visit(content, '', '', 0)
  return leaves
}

/** Field by field, in the order of the first content and then of the second. Numbers are the same as text and as numbers. */
export const compare = (before: unknown, after: unknown): Difference[] => {
  const old = leavesOf(before)
  const now = leavesOf(after)
  const differences: Difference[] = []
  for (const [key, { path, value }] of old) {
    const other = now.get(key)
    if (!other) differences.push({ path, before: value })
    else if (String(other.value) !== String(value)) differences.push({ path, before: value, after: other.value })
  }
  for (const [key, { path, value }] of now) if (!old.has(key)) differences.push({ path, after: value })
  return differences
}
