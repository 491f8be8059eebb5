/** Chance that can be repeated: the same seeds give the same sequence. */
export type Random = () => number

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

/** xoshiro128**, its state spread out of the seeds by a 32-bit mixer so that neighbouring seeds have nothing in common. */
export const createRandom = (...seeds: readonly number[]): Random => {
  let mixed = 0x9e3779b9
  const mix = (word: number): number => {
    mixed = Math.imul(mixed ^ word, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    mixed = (mixed ^ (mixed >>> 16)) + 0x9e3779b9
    return mixed | 0
  }
  for (const seed of seeds) mix(seed)
  let [a, b, c, d] = [mix(1), mix(2), mix(3), mix(4) | 1]
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result / 2 ** 32
  }
}

export const hex = (random: Random, digits: number): string => {
  let text = ''
  while (text.length < digits)
    text += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0')
  return text.slice(0, digits)
}

export const pick = <T>(values: readonly [T, ...T[]], random: Random): T =>
  values[Math.floor(random() * values.length)] ?? values[0]

/** One of the names, in proportion to its weight; undefined where all weights are zero. */
export const pickWeighted = <T>(entries: readonly (readonly [T, number])[], random: Random): T | undefined => {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let ticket = random() * total
  return entries.find(([, weight]) => (ticket -= weight) < 0)?.[0]
}

export const shuffle = <T>(values: readonly T[], random: Random): T[] =>
  values
    .map((value) => ({ value, order: random() }))
    .sort((left, right) => left.order - right.order)
    .map(({ value }) => value)

/** Seconds: always the same, evenly spread, or mostly short and sometimes long. */
export type Spread =
  number | { readonly min: number; readonly max: number } | { readonly mean: number; readonly max?: number | undefined }

export const sampleSeconds = (spread: Spread, random: Random): number => {
  if (typeof spread === 'number') return spread
  if ('min' in spread) return spread.min + random() * (spread.max - spread.min)
  return Math.min(-Math.log(1 - random()) * spread.mean, spread.max ?? spread.mean * 10)
}
