import { attemptResults, dispositions, type AttemptResult, type Disposition } from '../../../shared/vocabulary.ts'

/** What calls are counted by. `tenant` is all of them; `member` is a group with one of its agents, counting first choices. */
export const rollupDimensions = [
  'tenant',
  'agent',
  'group',
  'provider',
  'rule',
  'trunk',
  'country',
  'outcome',
  'member',
] as const
export type RollupDimension = (typeof rollupDimensions)[number]

export type Measure =
  | 'calls'
  | `outcome_${Disposition}`
  | 'failed_over'
  | 'talk_ms'
  | 'talk_count'
  | 'delay_ms'
  | 'delay_count'
  | 'duration_ms'
  | 'attempts'
  | `attempts_${AttemptResult}`

/** What is added up of calls, in whole numbers, so that taking away undoes adding to the last digit. */
export const measures: readonly Measure[] = [
  'calls',
  ...dispositions.map((disposition) => `outcome_${disposition}` as const),
  'failed_over',
  'talk_ms',
  'talk_count',
  'delay_ms',
  'delay_count',
  'duration_ms',
  'attempts',
  ...attemptResults.map((result) => `attempts_${result}` as const),
]

export type Amounts = Readonly<Record<Measure, number>>

/** Amounts from counts in the order of `measures`. */
export const toAmounts = (counts: readonly number[]): Amounts =>
  Object.fromEntries(measures.map((measure, place) => [measure, counts[place]])) as Record<Measure, number>

export const noAmounts: Amounts = toAmounts(measures.map(() => 0))

export const addAmounts = (one: Amounts, other: Partial<Amounts>): Amounts =>
  toAmounts(measures.map((measure) => one[measure] + (other[measure] ?? 0)))

export const subtractAmounts = (one: Amounts, other: Amounts): Amounts =>
  toAmounts(measures.map((measure) => one[measure] - other[measure]))
