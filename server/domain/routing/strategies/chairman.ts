/** Balances this close are equal: what is left of them is rounding. */
export const tolerance = 1e-9

/**
 * Picks by Tijdeman's chairman assignment: among those far enough behind their share that a pick cannot put them a whole
 * call ahead, the one whose deadline (the moment it would fall a whole call behind) is nearest. That keeps each of k
 * members within 1 − 1/(2k−2) calls of its ideal share at every point of the sequence, which the smooth weighted rotation
 * of web servers does not. (R. Tijdeman, The chairman assignment problem, 1980.)
 *
 * `behind` includes the call being placed and sums to one. `tie` decides between equal deadlines.
 */
export const pickChairman = <C extends { readonly weight: number; readonly behind: number }>(
  contenders: readonly C[],
  tie: (a: C, b: C) => number,
): C | undefined => {
  if (contenders.length <= 1) return contenders[0]
  const slack = 1 / (2 * contenders.length - 2)
  let total = 0
  let anyReleased = false
  for (const { weight, behind } of contenders) {
    total += weight
    anyReleased ||= behind >= slack - tolerance
  }
  let best: C | undefined
  let bestDeadline = Infinity
  for (const contender of contenders) {
    const { weight, behind } = contender
    // Balances carried over from another set may leave nobody far enough behind; then everybody counts.
    if (anyReleased && behind < slack - tolerance) continue
    const deadline = ((1 - slack - behind) * total) / weight
    const difference = deadline - bestDeadline
    if (best === undefined || difference < -tolerance || (difference <= tolerance && tie(contender, best) < 0)) {
      best = contender
      bestDeadline = deadline
    }
  }
  return best
}
