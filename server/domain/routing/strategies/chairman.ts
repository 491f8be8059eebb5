const tolerance = 1e-9

/**
 * Picks by Tijdeman's chairman assignment: among those far enough behind their share that a pick cannot put them a whole
 * call ahead, the one whose deadline (the moment it would fall a whole call behind) is nearest. That keeps each of k
 * members within 1 − 1/(2k−2) calls of its ideal share at every point of the sequence, which the smooth weighted rotation
 * of web servers does not. (R. Tijdeman, The chairman assignment problem, 1980.)
 *
 * `behind` includes the call being placed and sums to one. `tie` decides between equal deadlines.
 */
export const pickChairman = (
  weights: readonly number[],
  behind: readonly number[],
  tie: (a: number, b: number) => number,
): number | undefined => {
  const k = weights.length
  if (k <= 1) return k === 1 ? 0 : undefined
  const slack = 1 / (2 * k - 2)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const deadline = (i: number): number => ((1 - slack - (behind[i] ?? 0)) * total) / (weights[i] ?? 1)
  let best: number | undefined
  let bestDeadline = Infinity
  // Balances carried over from another set may leave nobody far enough behind; then everybody counts.
  const anybody = !behind.some((balance) => balance >= slack - tolerance)
  for (let i = 0; i < k; i += 1) {
    if (!anybody && (behind[i] ?? 0) < slack - tolerance) continue
    const due = deadline(i)
    const difference = due - bestDeadline
    if (best === undefined || difference < -tolerance || (difference <= tolerance && tie(i, best) < 0)) {
      best = i
      bestDeadline = due
    }
  }
  return best
}
