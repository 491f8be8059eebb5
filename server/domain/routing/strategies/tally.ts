import { clamp, level, type Carried } from './carry-over.ts'

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

/** Changed by the functions of this file alone: they keep sums of it beside it. */
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

interface Share extends Contender {
  readonly member: MemberTally
  count: number
}

/** An epoch taken apart, so that a choice parses nothing and adds nothing up. */
interface OpenEpoch {
  readonly shares: readonly Share[]
  readonly byAgent: ReadonlyMap<string, Share>
  readonly total: number
  n: number
  /** No bucket starts before this. */
  earliestMs: number
}

export const bucketsPerWindow = 288

export const emptyTally = (): GroupTally => ({ epoch: '', epochStartedAtMs: 0, members: new Map() })

/** The same memory once more, to try out what would happen. */
export const copyTally = ({ members, ...tally }: GroupTally): GroupTally => ({
  ...tally,
  members: new Map(
    [...members].map(([agentId, member]) => [
      agentId,
      { ...member, buckets: member.buckets.map((bucket) => ({ ...bucket })) },
    ]),
  ),
})

export const countOf = (member: MemberTally | undefined): number => {
  let count = 0
  if (member) for (const bucket of member.buckets) count += bucket.count
  return count
}

const epochOf = (contenders: readonly Contender[]): string =>
  contenders.map(({ agentId, weight }) => `${agentId}:${weight}`).join(',')

const contendersOf = (epoch: string): Contender[] =>
  epoch === ''
    ? []
    : epoch.split(',').map((part) => {
        const colon = part.lastIndexOf(':')
        return { agentId: part.slice(0, colon), weight: Number(part.slice(colon + 1)) }
      })

const memberOf = (tally: GroupTally, agentId: string): MemberTally => {
  let member = tally.members.get(agentId)
  if (!member) tally.members.set(agentId, (member = { offset: 0, buckets: [] }))
  return member
}

const openEpochs = new WeakMap<GroupTally, OpenEpoch>()

const takeApart = (tally: GroupTally, contenders: readonly Contender[]): OpenEpoch => {
  const byAgent = new Map<string, Share>()
  const shares: Share[] = []
  const epoch = { shares, byAgent, total: 0, n: 0, earliestMs: Infinity }
  for (const { agentId, weight } of contenders) {
    const member = memberOf(tally, agentId)
    const share = { agentId, weight, member, count: countOf(member) }
    shares.push(share)
    byAgent.set(agentId, share)
    epoch.total += weight
    epoch.n += share.count
    for (const { startMs } of member.buckets) epoch.earliestMs = Math.min(epoch.earliestMs, startMs)
  }
  openEpochs.set(tally, epoch)
  return epoch
}

const openEpoch = (tally: GroupTally): OpenEpoch => openEpochs.get(tally) ?? takeApart(tally, contendersOf(tally.epoch))

const isSameEpoch = ({ shares }: OpenEpoch, contenders: readonly Contender[]): boolean =>
  shares.length === contenders.length &&
  contenders.every(({ agentId, weight }, i) => {
    const share = shares[i]
    return share?.agentId === agentId && share.weight === weight
  })

/** How many calls a contender is behind its share, `ahead` calls further on. */
const balanceOf = ({ member, weight, count }: Share, { n, total }: OpenEpoch, ahead: number): number =>
  member.offset + ((n + ahead) * weight - total * count) / total

/** The balances with which another set begins. */
const carriedBalances = (tally: GroupTally, before: OpenEpoch, contenders: readonly Contender[]): Carried[] => {
  const carried = contenders.map(({ agentId, weight }) => {
    const share = before.byAgent.get(agentId)
    const balance = share ? clamp(balanceOf(share, before, 0)) : (tally.members.get(agentId)?.offset ?? 0)
    return { agentId, weight, balance }
  })
  level(carried)
  return carried
}

/** What a member brings into a choice. */
export interface Standing {
  /** Calls behind its weighted share, the call being placed included. */
  readonly behind: number
  readonly firstChoices: number
  readonly lastUsedAtMs: number | undefined
}

/** How the contenders stand against each other, in their order. Changes nothing. */
export const standings = (tally: GroupTally, contenders: readonly Contender[]): Standing[] => {
  const epoch = openEpoch(tally)
  if (isSameEpoch(epoch, contenders)) {
    return epoch.shares.map((share) => ({
      behind: balanceOf(share, epoch, 1),
      firstChoices: share.count,
      lastUsedAtMs: share.member.lastUsedAtMs,
    }))
  }
  const total = contenders.reduce((sum, { weight }) => sum + weight, 0)
  return carriedBalances(tally, epoch, contenders).map(({ agentId, weight, balance }) => ({
    behind: balance + weight / total,
    firstChoices: firstChoicesOf(tally, agentId),
    lastUsedAtMs: tally.members.get(agentId)?.lastUsedAtMs,
  }))
}

/** How many calls each contender is behind its share, the call being placed included. Changes nothing. */
export const behind = (tally: GroupTally, contenders: readonly Contender[]): number[] =>
  standings(tally, contenders).map((standing) => standing.behind)

/** First choices of the epoch; who has no part in it has none. */
export const firstChoicesOf = (tally: GroupTally, agentId: string): number =>
  openEpoch(tally).byAgent.get(agentId)?.count ?? 0

const beginEpoch = (tally: GroupTally, contenders: readonly Contender[], nowMs: number): OpenEpoch => {
  const before = openEpoch(tally)
  const carried = carriedBalances(tally, before, contenders)
  // Those who leave keep their balance for the day they return.
  const kept = before.shares.map((share) => ({ share, offset: clamp(balanceOf(share, before, 0)) }))
  for (const { share, offset } of kept) Object.assign(share.member, { offset, buckets: [] })
  for (const { agentId, balance } of carried) Object.assign(memberOf(tally, agentId), { offset: balance, buckets: [] })
  tally.epoch = epochOf(contenders)
  tally.epochStartedAtMs = nowMs
  return takeApart(tally, contenders)
}

/**
 * Drops the calls that have left the window. The balance they made stays: a share that forgot would not be exact, and who
 * has a small one would never be behind enough to get its turn. True when that changed anything.
 */
export const expire = (tally: GroupTally, windowMs: number | undefined, nowMs: number): boolean => {
  if (windowMs === undefined) return false
  const oldestMs = nowMs - windowMs
  const { earliestMs, shares, total } = openEpoch(tally)
  if (earliestMs >= oldestMs) return false
  const gone = shares.map(({ member, count }) => {
    member.buckets = member.buckets.filter(({ startMs }) => startMs >= oldestMs)
    return count - countOf(member)
  })
  const allGone = gone.reduce((sum, one) => sum + one, 0)
  for (const [i, { member, weight }] of shares.entries())
    member.offset += (allGone * weight - total * (gone[i] as number)) / total
  takeApart(tally, shares)
  return true
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
  const before = openEpoch(tally)
  const isNew = !isSameEpoch(before, contenders)
  const epoch = isNew ? beginEpoch(tally, contenders, nowMs) : before
  const share = epoch.byAgent.get(agentId)
  if (!share) throw new Error(`agent ${agentId} is no contender of this choice`)
  const { member } = share
  const width = windowMs === undefined ? undefined : Math.max(1, Math.floor(windowMs / bucketsPerWindow))
  const startMs = width === undefined ? 0 : nowMs - (nowMs % width)
  const newest = member.buckets.at(-1)
  // A clock that jumped back goes on in the newest bucket.
  if (newest && newest.startMs >= startMs) newest.count += 1
  else member.buckets.push({ startMs, count: 1 })
  epoch.earliestMs = Math.min(epoch.earliestMs, startMs)
  epoch.n += 1
  share.count += 1
  member.lastUsedAtMs = nowMs
  return isNew
}
