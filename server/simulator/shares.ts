import type { ExpectedGroup } from './scenario.ts'

export interface GroupShare {
  readonly name: string
  readonly firstChoices: number
  readonly maxDeviation: number
  /** False where the scenario allows less. */
  readonly isWithinLimit: boolean
  /** How often the set of eligible members changed; undefined where the ideal goes by the weights of all members. */
  readonly setChanges?: number
  readonly members: readonly {
    readonly value: string
    readonly weight: number
    readonly firstChoices: number
    readonly ideal: number
    readonly deviation: number
  }[]
}

/** One first choice of a group. */
export interface FirstChoice {
  readonly value: string
  readonly atMs: number
  /** Who could have been chosen, by value; undefined is not known and stands for all members. */
  readonly eligible?: readonly string[] | undefined
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

const part = (calls: number, weight: number, totalWeight: number): number =>
  totalWeight === 0 ? 0 : (calls * weight) / totalWeight

/** What adding fractions up may miss. */
const rounding = 1e-6

const share = (
  { name, weights, maxDeviation: limit = Infinity }: ExpectedGroup,
  firstChoicesOf: ReadonlyMap<string, number>,
  idealOf: (value: string, weight: number) => number,
  setChanges?: number,
): GroupShare => {
  const members = Object.entries(weights).map(([value, weight]) => {
    const firstChoices = firstChoicesOf.get(value) ?? 0
    const ideal = idealOf(value, weight)
    return { value, weight, firstChoices, ideal, deviation: firstChoices - ideal }
  })
  const maxDeviation = Math.max(0, ...members.map(({ deviation }) => Math.abs(deviation)))
  return {
    name,
    firstChoices: total(members.map(({ firstChoices }) => firstChoices)),
    maxDeviation,
    isWithinLimit: maxDeviation <= limit + (setChanges ?? 0) + rounding,
    ...(setChanges !== undefined && { setChanges }),
    members,
  }
}

/** How far the first choices of a group are from what the weights of its members ask for. */
export const shareByWeights = (group: ExpectedGroup, firstChoicesOf: ReadonlyMap<string, number>): GroupShare => {
  const firstChoices = total(Object.keys(group.weights).map((value) => firstChoicesOf.get(value) ?? 0))
  const totalWeight = total(Object.values(group.weights))
  return share(group, firstChoicesOf, (_, weight) => part(firstChoices, weight, totalWeight))
}

/** What was chosen in the same millisecond may have been in any order, so what fits the set of before comes first. */
const countSetChanges = (choices: readonly { readonly atMs: number; readonly set: string }[]): number => {
  const setsAt = new Map<number, Set<string>>()
  for (const { atMs, set } of choices) setsAt.set(atMs, (setsAt.get(atMs) ?? new Set()).add(set))
  const inOrder: string[] = []
  for (const [, sets] of [...setsAt].sort(([left], [right]) => left - right)) {
    const last = inOrder.at(-1)
    inOrder.push(...[...sets].filter((set) => set !== last))
  }
  return Math.max(0, inOrder.length - 1)
}

/**
 * The same by the weights of those who were eligible at each choice. Shares are exact as long as the set of the eligible
 * stays as it is; each change of it may cost a call, because balances are carried over to no more than one.
 */
export const shareByEligible = (group: ExpectedGroup, choices: readonly FirstChoice[]): GroupShare => {
  const all = Object.keys(group.weights)
  const firstChoicesOf = new Map<string, number>()
  const choicesOfSet = new Map<string, { readonly set: readonly string[]; choices: number }>()
  const inTime = choices.map(({ value: chosen, atMs, eligible }) => {
    const set = eligible === undefined ? all : all.filter((value) => eligible.includes(value))
    const key = set.join('\n')
    const counted = choicesOfSet.get(key) ?? { set, choices: 0 }
    counted.choices += 1
    choicesOfSet.set(key, counted)
    firstChoicesOf.set(chosen, (firstChoicesOf.get(chosen) ?? 0) + 1)
    return { atMs, set: key }
  })
  const idealOf = (value: string, weight: number): number =>
    total(
      [...choicesOfSet.values()]
        .filter(({ set }) => set.includes(value))
        .map(({ set, choices: counted }) => part(counted, weight, total(set.map((one) => group.weights[one] ?? 0)))),
    )
  return share(group, firstChoicesOf, idealOf, countSetChanges(inTime))
}
