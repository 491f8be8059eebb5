export interface Sample {
  readonly atMs: number
  readonly value: number
}

const windowMs = 15_000

/** Keeps the samples of the last quarter of a minute. A counter that fell was restarted: begin anew. */
export const addSample = (samples: readonly Sample[], sample: Sample): readonly Sample[] => {
  const last = samples.at(-1)
  if (last && (sample.value < last.value || sample.atMs <= last.atMs)) {
    return sample.atMs <= last.atMs ? samples : [sample]
  }
  return [...samples.filter((each) => sample.atMs - each.atMs <= windowMs), sample]
}

/** Growth per second over the samples, or undefined while there is too little to say. */
export const ratePerSecond = (samples: readonly Sample[]): number | undefined => {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || last.atMs - first.atMs < 1000) return undefined
  return ((last.value - first.value) * 1000) / (last.atMs - first.atMs)
}

export const formatRate = (rate: number): string => (rate < 10 ? rate.toFixed(1) : rate.toFixed(0))
