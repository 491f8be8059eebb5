/** One thing that was measured, as a row of the table. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly target?: { readonly atMost: number } | { readonly atLeast: number }
}

export interface Section {
  readonly title: string
  readonly figures: readonly Figure[]
  /** What has to be known to read the figures. */
  readonly notes: readonly string[]
}

export interface BenchOptions {
  /** How long one measurement under load lasts. */
  readonly seconds: number
  /** How many call records. */
  readonly records: number
  /** A data directory with such records that is kept: made where it is not there. */
  readonly dataDir?: string | undefined
}

export type Bench = (options: BenchOptions) => Promise<Section>

/** `share` 0.5 is the median. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

const isMet = ({ value, target }: Figure): boolean | undefined =>
  target && ('atMost' in target ? value <= target.atMost : value >= target.atLeast)

const shown = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : String(Number(value.toPrecision(3)))

export const formatSection = ({ title, figures, notes }: Section): string => {
  const rows = figures.map((figure) => {
    const { what, value, unit, target } = figure
    const wanted = target && ('atMost' in target ? `≤ ${shown(target.atMost)}` : `≥ ${shown(target.atLeast)}`)
    return [
      what,
      `${shown(value)} ${unit}`,
      wanted ?? '',
      { true: 'met', false: 'missed' }[String(isMet(figure))] ?? '',
    ]
  })
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  · ${note}`)].join('\n')
}
