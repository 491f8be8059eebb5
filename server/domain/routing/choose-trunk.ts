/** A trunk in the order in which it is to be tried. */
export interface OfferedTrunk {
  readonly id: string
  /** Calls it takes at once; undefined is no limit. */
  readonly capacity?: number | undefined
}

export interface TrunkVerdict {
  readonly trunkId: string
  /** It has room. */
  readonly eligible: boolean
  readonly chosen: boolean
  readonly verdict: string
}

export interface TrunkChoice {
  readonly trunkId: string | undefined
  readonly verdicts: readonly TrunkVerdict[]
}

/** The first trunk that has room. Changes nothing; the caller takes the slot. */
export const chooseTrunk = (trunks: readonly OfferedTrunk[], callsOf: (id: string) => number): TrunkChoice => {
  let trunkId: string | undefined
  const verdicts = trunks.map(({ id, capacity }) => {
    const calls = callsOf(id)
    if (capacity !== undefined && calls >= capacity)
      return { trunkId: id, eligible: false, chosen: false, verdict: `at its capacity (${calls} of ${capacity})` }
    const chosen = trunkId === undefined
    trunkId ??= id
    return { trunkId: id, eligible: true, chosen, verdict: chosen ? 'chosen' : 'comes later' }
  })
  return { trunkId, verdicts }
}
