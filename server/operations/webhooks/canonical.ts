/** JSON with sorted keys: the same content gives the same text, however it was written. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  )
