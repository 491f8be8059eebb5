/**
 * What a group remembers of its first choices, so that each member gets its weighted share exactly.
 *
 * Within an epoch (an unchanged set of contenders and weights) a member's balance is
 * `offset + n · weight / total − count`: calls it is behind its share. Counts are integers and the formula is evaluated
 * anew each time, so nothing drifts. A change of the set starts a new epoch: balances are carried over, clamped to ±1,
 * and a joiner starts at the group's level.
 */
export interface MemberTally {
  /** Balance carried into the epoch, in calls; positive is behind. */
  offset: number
  /** First choices of this epoch by bucket; a rotation without window keeps one bucket that starts at 0. */
  buckets: { startMs: number; count: number }[]
  lastUsedAtMs?: number | undefined
}

export interface GroupTally {
  /** The contenders and their weights, `id:weight` joined by commas, by position. */
  epoch: string
  epochStartedAtMs: number
  readonly members: Map<string, MemberTally>
}

export interface Contender {
  readonly agentId: string
  readonly weight: number
}

const bucketsPerWindow = 288

export const emptyTally = (): GroupTally => ({ epoch: '', epochStartedAtMs: 0, members: new Map() })

const epochOf = (contenders: readonly Contender[]): string =>
  contenders.map(({ agentId, weight }) => `${agentId}:${weight}`).join(',')

const contendersOf = (epoch: string): Contender[] =>
  epoch === ''
    ? []
    : epoch.split(',').map((part) => {
        const colon = part.lastIndexOf(':')
        return { agentId: part.slice(0, colon), weight: Number(part.slice(colon + 1)) }
      })

const isSameEpoch = (tally: GroupTally, contenders: readonly Contender[]): boolean =>
  tally.epoch === epochOf(contenders)

export const countOf = (member: MemberTally | undefined): number => {
  let count = 0
  if (member) for (const bucket of member.buckets) count += bucket.count
  return count
}

/** How many calls each contender is behind its share, `ahead` calls further on. */
const balances = (tally: GroupTally, contenders: readonly Contender[], ahead: number): number[] => {
  let total = 0
  let n = ahead
  const counts = contenders.map(({ agentId, weight }) => {
    const count = countOf(tally.members.get(agentId))
    total += weight
    n += count
    return count
  })
  return contenders.map(
    ({ agentId, weight }, i) =>
      (tally.members.get(agentId)?.offset ?? 0) + (n * weight - total * (counts[i] ?? 0)) / total,
  )
}

const clamp = (balance: number): number => Math.max(-1, Math.min(1, balance))

/** Balances as the new set begins: carried over, clamped, and brought to a sum of zero in proportion to weight. */
const carriedBalances = (tally: GroupTally, contenders: readonly Contender[]): number[] => {
  const before = contendersOf(tally.epoch)
  const standing = new Map(balances(tally, before, 0).map((balance, i) => [before[i]?.agentId, clamp(balance)]))
  const carried = contenders.map(
    ({ agentId }) => standing.get(agentId) ?? clamp(tally.members.get(agentId)?.offset ?? 0),
  )
  const surplus = carried.reduce((sum, balance) => sum + balance, 0)
  const total = contenders.reduce((sum, { weight }) => sum + weight, 0)
  return carried.map((balance, i) => balance - (surplus * (contenders[i]?.weight ?? 0)) / total)
}

/** How many calls each contender is behind its share, the call being placed included. Changes nothing. */
export const behind = (tally: GroupTally, contenders: readonly Contender[]): number[] => {
  if (isSameEpoch(tally, contenders)) return balances(tally, contenders, 1)
  const total = contenders.reduce((sum, { weight }) => sum + weight, 0)
  return carriedBalances(tally, contenders).map((balance, i) => balance + (contenders[i]?.weight ?? 0) / total)
}

const beginEpoch = (tally: GroupTally, contenders: readonly Contender[], nowMs: number): void => {
  const before = contendersOf(tally.epoch)
  const standing = balances(tally, before, 0)
  const carried = carriedBalances(tally, contenders)
  // Those who leave keep their balance for the day they return.
  before.forEach(({ agentId }, i) => {
    const member = tally.members.get(agentId)
    if (member) Object.assign(member, { offset: clamp(standing[i] ?? 0), buckets: [] })
  })
  contenders.forEach(({ agentId }, i) => {
    const lastUsedAtMs = tally.members.get(agentId)?.lastUsedAtMs
    tally.members.set(agentId, { offset: carried[i] ?? 0, buckets: [], lastUsedAtMs })
  })
  tally.epoch = epochOf(contenders)
  tally.epochStartedAtMs = nowMs
}

/** Drops what has left the window. True when that changed anything. */
export const expire = (tally: GroupTally, windowMs: number | undefined, nowMs: number): boolean => {
  if (windowMs === undefined) return false
  const oldest = nowMs - windowMs
  const gone = (bucket: { startMs: number }): boolean => bucket.startMs < oldest
  let changed = false
  for (const member of tally.members.values()) {
    if (!member.buckets[0] || !gone(member.buckets[0])) continue
    member.buckets = member.buckets.filter((bucket) => !gone(bucket))
    changed = true
  }
  if (changed && tally.epochStartedAtMs < oldest) {
    // A balance from before the window is forgotten like the calls that made it.
    for (const member of tally.members.values()) member.offset = 0
  }
  return changed
}

/**
 * Counts a first choice. True when a new epoch began, so that every member changed and not only the chosen one.
 * `windowMs` undefined: a rotation that remembers for ever.
 */
export const countFirstChoice = (
  tally: GroupTally,
  contenders: readonly Contender[],
  agentId: string,
  windowMs: number | undefined,
  nowMs: number,
): boolean => {
  const newEpoch = !isSameEpoch(tally, contenders)
  if (newEpoch) beginEpoch(tally, contenders, nowMs)
  const member = tally.members.get(agentId)
  if (!member) throw new Error(`agent ${agentId} is no contender of this choice`)
  const width = windowMs === undefined ? undefined : Math.max(1, Math.floor(windowMs / bucketsPerWindow))
  const startMs = width === undefined ? 0 : nowMs - (nowMs % width)
  const newest = member.buckets.at(-1)
  // A clock that jumped back goes on in the newest bucket.
  if (newest && newest.startMs >= startMs) newest.count += 1
  else member.buckets.push({ startMs, count: 1 })
  member.lastUsedAtMs = nowMs
  return newEpoch
}
