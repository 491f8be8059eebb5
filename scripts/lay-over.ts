import type { FileCoverageData } from '@vitest/istanbul-lib-coverage'

type Place = FileCoverageData['statementMap'][string]
type Meant<M> = Readonly<Record<string, M>>
type Pair = readonly [baseId: string, toldId: string]
type KeyOf<M> = (meant: M) => string

const idsByKey = <M>(map: Meant<M>, keyOf: KeyOf<M>, except: ReadonlySet<string>) => {
  const groups = new Map<string, string[]>()
  for (const [id, meant] of Object.entries(map)) {
    if (!except.has(id)) groups.set(keyOf(meant), [...(groups.get(keyOf(meant)) ?? []), id])
  }
  return groups
}

/** Pairs, in their order, the ids of what has the same key; where one side has more than the other, nothing is paired. */
const pairsBy = <M>(base: Meant<M>, told: Meant<M>, keyOf: KeyOf<M>, known: readonly Pair[] = []): Pair[] => {
  const toldIds = idsByKey(told, keyOf, new Set(known.map(([, id]) => id)))
  return [...idsByKey(base, keyOf, new Set(known.map(([id]) => id)))].flatMap(([key, ids]) => {
    const others = toldIds.get(key) ?? []
    return others.length === ids.length ? others.map((id, nth): Pair => [ids[nth] ?? '', id]) : []
  })
}

/** First by where things start, then the rest by its line: a source map may lead to the name or to the value of it. */
const pairs = <M>(base: Meant<M>, told: Meant<M>, placeOf: (meant: M) => Place, kindOf: KeyOf<M> = () => '') => {
  const lineOf: KeyOf<M> = (meant) => `${kindOf(meant)} ${placeOf(meant).start.line}`
  const exact = pairsBy(base, told, (meant) => `${lineOf(meant)}:${placeOf(meant).start.column}`)
  return [...exact, ...pairsBy(base, told, lineOf, exact)]
}

/**
 * Adds to `base` what was run of the same source in another build. The two agree on where a thing starts, seldom on
 * where it ends. What a bundler made of it otherwise counts for nothing: `base` alone says what there is to cover.
 */
export const layOver = (base: FileCoverageData, told: FileCoverageData): FileCoverageData => {
  const { s, f, b } = structuredClone({ s: base.s, f: base.f, b: base.b })
  for (const [id, toldId] of pairs(base.statementMap, told.statementMap, (place) => place)) {
    s[id] = (s[id] ?? 0) + (told.s[toldId] ?? 0)
  }
  for (const [id, toldId] of pairs(base.fnMap, told.fnMap, ({ loc }) => loc)) {
    f[id] = (f[id] ?? 0) + (told.f[toldId] ?? 0)
  }
  const ways = ({ type, locations }: FileCoverageData['branchMap'][string]) => `${type} ${locations.length}`
  for (const [id, toldId] of pairs(base.branchMap, told.branchMap, ({ loc }) => loc, ways)) {
    b[id] = (b[id] ?? []).map((hits, nth) => hits + (told.b[toldId]?.[nth] ?? 0))
  }
  return { ...base, s, f, b }
}
