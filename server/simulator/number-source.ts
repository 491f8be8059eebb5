import { pickWeighted, type Random } from './chance.ts'
import type { NumberSource } from './scenario.ts'

const inRange = (first: string, last: string, random: Random): string => {
  const low = Number(first.replace('+', ''))
  const high = Number(last.replace('+', ''))
  const digits = Math.floor(low + random() * (high - low + 1)).toString()
  const plus = first.startsWith('+') ? '+' : ''
  return plus + digits.padStart(first.length - plus.length, '0')
}

/** Draws a number out of a list with weights and ranges. */
export const drawNumber = (source: NumberSource, random: Random): string => {
  if (typeof source === 'string') return source
  const entry = pickWeighted(
    source.map((one) => [one, typeof one === 'string' ? 1 : (one.weight ?? 1)] as const),
    random,
  )
  if (entry === undefined) return ''
  if (typeof entry === 'string') return entry
  return 'value' in entry ? entry.value : inRange(entry.first, entry.last, random)
}
