import type { Random } from '../chance.ts'
import type { Quarter } from './busy-hours.ts'

/** When `calls` calls begin, in order: each quarter gets its share to the call, and spreads it evenly by chance. */
export function* startTimes(quarters: readonly Quarter[], calls: number, random: Random): Generator<number> {
  const total = quarters.reduce((sum, { weight }) => sum + weight, 0)
  let passed = 0
  let begun = 0
  for (const [n, { startMs, endMs, weight }] of quarters.entries()) {
    passed += weight
    const due = n === quarters.length - 1 ? calls : Math.floor((calls * passed) / total)
    let at = 0
    for (let left = due - begun; left > 0; left -= 1) {
      // The first of what is left, as if all of it had been drawn and sorted.
      at = 1 - (1 - at) * (1 - random()) ** (1 / left)
      yield Math.min(endMs - 1, Math.floor(startMs + at * (endMs - startMs)))
    }
    begun = due
  }
}
