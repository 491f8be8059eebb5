/**
 * A histogram whose bins grow with what they hold (the logarithmic mapping of DDSketch): what is read from it is at most 2 % off,
 * histograms merge by adding their counts, and what was added can be taken away again.
 */
const accuracy = 0.02
const gamma = (1 + accuracy) / (1 - accuracy)
const perBin = Math.log(gamma)

/** The bin of a value; one and all below share the first. */
export const binOf = (value: number): number => (value <= 1 ? 0 : Math.ceil(Math.log(value) / perBin))

const valueOf = (bin: number): number => (2 * gamma ** bin) / (gamma + 1)

export type Bins = ReadonlyMap<number, number>

/** The value that a share of all is not above (nearest rank); undefined of nothing. */
export const percentile = (bins: Bins, share: number): number | undefined => {
  const counted = [...bins].sort(([a], [b]) => a - b)
  const total = counted.reduce((sum, [, count]) => sum + count, 0)
  let left = Math.max(1, Math.ceil(total * share))
  const found = counted.find(([, count]) => (left -= count) <= 0)
  return found && valueOf(found[0])
}
