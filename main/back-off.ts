const firstMs = 1_000
const longestMs = 30_000
const stableMs = 60_000

export interface BackOff {
  /** How long to wait before starting again what has just ended after so long a run. */
  next(ranForMs: number): { readonly attempt: number; readonly delayMs: number }
}

/** Doubles from a second to half a minute; a stable minute makes it forget. */
export const createBackOff = (): BackOff => {
  let attempt = 0
  return {
    next: (ranForMs) => {
      attempt = ranForMs >= stableMs ? 1 : attempt + 1
      return { attempt, delayMs: Math.min(longestMs, firstMs * 2 ** (attempt - 1)) }
    },
  }
}
