import type { Random } from '../chance.ts'

/** Draws in proportion to weight, out of any number of things at the same price. Throws when there is nothing to draw. */
export const createDraw = <T>(entries: readonly (readonly [T, number])[]): ((random: Random) => T) => {
  const [first] = entries
  if (!first) throw new Error('There is nothing to draw from')
  let total = 0
  const upTo = entries.map(([, weight]) => (total += weight))
  return (random) => {
    const ticket = random() * total
    let [low, high] = [0, entries.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] ?? 0) > ticket) high = middle
      else low = middle + 1
    }
    return (entries[low] ?? first)[0]
  }
}

/** Mostly near the median, now and then far above it; `sigma` of the logarithm. */
export const logNormal = (median: number, sigma: number, random: Random): number =>
  median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
