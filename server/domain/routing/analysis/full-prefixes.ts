/** Which beginnings leave no number free, because other patterns take every way to go on. */
export interface FullPrefixes {
  /** Everything below is taken by longer patterns. */
  isFull(prefix: string): boolean
  /** Full, or a prefix that a pattern names itself. */
  isComplete(prefix: string): boolean
}

const digits = 10
const restMany = 500

/**
 * Goes from the named prefixes upwards: where all ten digits after a beginning are complete, and the beginning itself is no
 * free number, it is full, and may complete the one above it.
 */
export function* findFullPrefixes(
  named: Iterable<string>,
  isFreeNumber: (text: string) => boolean,
): Generator<undefined, FullPrefixes> {
  const complete = new Set<string>()
  const full = new Set<string>()
  const below = new Map<string, number>()
  const open: string[] = []
  let done = 0
  for (const prefix of named) {
    if (!complete.has(prefix)) open.push(prefix)
    complete.add(prefix)
    if ((done += 1) % restMany === 0) yield
  }
  for (let prefix = open.pop(); prefix !== undefined; prefix = open.pop()) {
    if ((done += 1) % restMany === 0) yield
    // A + is not followed by another one, so it completes nothing.
    if (!/\d$/.test(prefix)) continue
    const above = prefix.slice(0, -1)
    const count = (below.get(above) ?? 0) + 1
    below.set(above, count)
    if (count < digits || above === '' || isFreeNumber(above)) continue
    full.add(above)
    if (complete.has(above)) continue
    complete.add(above)
    open.push(above)
  }
  return { isFull: (prefix) => full.has(prefix), isComplete: (prefix) => complete.has(prefix) }
}
