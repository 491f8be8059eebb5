/** Durations in buckets of about 2 %, so that a run of any length takes the same memory. */
export interface LatencyFigures {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const bucketsPerOctave = 32
const round = (ms: number): number => Math.round(ms * 1000) / 1000

export const createLatency = () => {
  const buckets: number[] = []
  let count = 0
  let maxMs = 0
  const percentile = (share: number): number => {
    let left = Math.ceil(count * share)
    const index = buckets.findIndex((inBucket) => (left -= inBucket) <= 0)
    return index < 0 ? 0 : Math.min(2 ** ((index + 1) / bucketsPerOctave) / 1000, maxMs)
  }
  return {
    add(ms: number): void {
      const index = Math.max(0, Math.floor(Math.log2(Math.max(ms * 1000, 1)) * bucketsPerOctave))
      while (buckets.length <= index) buckets.push(0)
      buckets[index] = (buckets[index] ?? 0) + 1
      count += 1
      maxMs = Math.max(maxMs, ms)
    },
    figures: (): LatencyFigures => ({
      count,
      p50Ms: round(percentile(0.5)),
      p95Ms: round(percentile(0.95)),
      p99Ms: round(percentile(0.99)),
      maxMs: round(maxMs),
    }),
  }
}
