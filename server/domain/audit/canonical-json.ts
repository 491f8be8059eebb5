/** JSON with sorted keys and without undefined: the same content gives the same text, whatever it was put together from. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value ?? null))

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, held]) => [key, sorted(held)]))
}
