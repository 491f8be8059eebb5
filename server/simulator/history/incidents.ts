import { createRandom } from '../chance.ts'
import type { Quarter } from './busy-hours.ts'
import { createDraw } from './draw.ts'

export interface Incident {
  readonly provider: string
  readonly startMs: number
  readonly endMs: number
}

const hourMs = 3_600_000
const quartersPerIncident = 10 * 24 * 4

/** Busy hours in which most calls to one provider fail: one in about ten days, at least one. */
export const planIncidents = (
  providers: readonly string[],
  quarters: readonly Quarter[],
  seed: number,
): readonly Incident[] => {
  if (providers.length === 0) return []
  const random = createRandom(seed, 2)
  const drawQuarter = createDraw(quarters.map((quarter) => [quarter, quarter.weight]))
  return Array.from({ length: Math.max(1, Math.round(quarters.length / quartersPerIncident)) }, () => {
    const { startMs } = drawQuarter(random)
    const provider = providers[Math.floor(random() * providers.length)] ?? ''
    return { provider, startMs, endMs: startMs + hourMs }
  })
}

/** A provider's own reliability: how often its dials fail, against the others. Between half as often and twice as often. */
export const unreliabilityOf = (provider: string, seed: number): number =>
  2 ** (2 * createRandom(seed, 3, ...Array.from(provider, (letter) => letter.charCodeAt(0)))() - 1)
