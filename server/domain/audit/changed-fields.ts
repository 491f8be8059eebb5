import { canonicalJson } from './canonical-json.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a row of the audit log says by itself, or what says nothing. */
const leftOut: ReadonlySet<string> = new Set(['id', 'tenantId', 'createdAtMs', 'updatedAtMs'])
/** What people call the thing: told with every change of it. */
const names: ReadonlySet<string> = new Set(['name', 'displayName'])

/** Which fields tell of a change: all of what is new or gone, otherwise those that differ, and the name. */
export const toldFields = (before: Fields | undefined, after: Fields | undefined): string[] => {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort()
  return fields.filter(
    (field) =>
      !leftOut.has(field) &&
      (names.has(field) || !before || !after || canonicalJson(before[field]) !== canonicalJson(after[field])),
  )
}

export const pickFields = (from: Fields | undefined, fields: readonly string[]): Fields | undefined =>
  from && Object.fromEntries(fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]))
