import { answerDelayMs, contributionOf } from '../../../domain/analytics/contribution.ts'
import { bucketStart } from '../../../domain/analytics/cover.ts'
import { binOf } from '../../../domain/analytics/log-bins.ts'
import { type Amounts, measures } from '../../../domain/analytics/measures.ts'
import type { CountedRow } from './counted-call.ts'

/** Amounts of one row of the roll-ups, or what is to be added to it. */
export interface Sum {
  readonly tenantNo: number
  /** Of the quarter of an hour. */
  readonly startMs: number
  /** The rest of the key: dimension and key, or key and bin. */
  readonly key: readonly (string | number)[]
  readonly amounts: number[]
}

/** Sums in memory, by quarters of an hour. */
export interface RollupCounts {
  /** Adds what a call contributes (`1`) or takes it away (`-1`). */
  count(row: CountedRow, sign: 1 | -1): void
  /** By dimension and key; amounts in the order of `measures`. */
  rollups(): readonly Sum[]
  /** By key and bin; how many answers. */
  delays(): readonly Sum[]
  clear(): void
}

type Tree = Map<string | number, Tree | Sum>

const branch = (tree: Tree, at: string | number): Tree => {
  let next = tree.get(at) as Tree | undefined
  if (!next) tree.set(at, (next = new Map()))
  return next
}

/** Found by each part of their key in turn: to make one text of them would take longer than all the rest. */
const createSums = (width: number) => {
  const tree: Tree = new Map()
  let all: Sum[] = []
  return {
    all: () => all,
    amounts: (tenantNo: number, startMs: number, first: string, second: string | number): number[] => {
      const leaves = branch(branch(branch(tree, startMs), tenantNo), first)
      let sum = leaves.get(second) as Sum | undefined
      if (!sum) {
        sum = { tenantNo, startMs, key: [first, second], amounts: Array.from({ length: width }, () => 0) }
        leaves.set(second, sum)
        all.push(sum)
      }
      return sum.amounts
    },
    clear: () => {
      tree.clear()
      all = []
    },
  }
}

const places = new Map<string, number>(measures.map((measure, place) => [measure, place]))
type Placed = readonly (readonly [place: number, amount: number])[]
const placed = (amounts: Partial<Amounts>): Placed =>
  Object.entries(amounts).map(([measure, amount]) => [places.get(measure) as number, amount] as const)

const increase = (amounts: number[], place: number, by: number): void => {
  amounts[place] = (amounts[place] as number) + by
}

export const createRollupCounts = (): RollupCounts => {
  const rollups = createSums(measures.length)
  const delays = createSums(1)
  return {
    count: ({ tenantNo, call }, sign) => {
      const startMs = bucketStart(15, call.startedAtMs)
      let last: Partial<Amounts> | undefined
      let added: Placed = []
      for (const { dimension, key, amounts } of contributionOf(call)) {
        // What a call adds is the same in each dimension.
        if (amounts !== last) added = placed((last = amounts))
        const sums = rollups.amounts(tenantNo, startMs, dimension, key)
        for (const [place, amount] of added) increase(sums, place, sign * amount)
      }
      const delayMs = answerDelayMs(call)
      if (delayMs === undefined) return
      for (const key of call.provider === undefined ? [''] : ['', call.provider])
        increase(delays.amounts(tenantNo, startMs, key, binOf(delayMs)), 0, sign)
    },
    rollups: rollups.all,
    delays: delays.all,
    clear: () => {
      rollups.clear()
      delays.clear()
    },
  }
}
