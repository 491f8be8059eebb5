import { DomainError } from '../../domain/errors.ts'

/** Wrong passwords that are forgiven at once, and how long it takes until all of them are forgotten. */
const windowMs = 15 * 60_000
const perAccount = 10
const perDevice = 10
const perNetwork = 40
/** Of each kind; beyond it those that failed longest ago are forgotten, but first those that block nobody. */
const remembered = 50_000
const lookedAt = 200

interface Bucket {
  readonly level: number
  readonly atMs: number
}

/** Leaky buckets: each failure adds one, and they run empty in `windowMs`. */
const createBuckets = (capacity: number, steadyMs: () => number) => {
  const buckets = new Map<string, Bucket>()
  const levelOf = (key: string): number => {
    const bucket = buckets.get(key)
    return bucket ? Math.max(0, bucket.level - ((steadyMs() - bucket.atMs) * capacity) / windowMs) : 0
  }
  const makeRoom = (): void => {
    if (buckets.size <= remembered) return
    const [first] = buckets.keys()
    let looked = 0
    for (const key of buckets.keys()) {
      if (levelOf(key) <= capacity - 1) return void buckets.delete(key)
      looked += 1
      if (looked === lookedAt) break
    }
    buckets.delete(first ?? '')
  }
  return {
    waitMs: (key: string): number => Math.ceil((Math.max(0, levelOf(key) + 1 - capacity) * windowMs) / capacity),
    add: (key: string, count: number): void => {
      const level = Math.max(0, levelOf(key) + count)
      // Set anew, so that the first of the map is the one that failed longest ago.
      buckets.delete(key)
      if (level > 0) buckets.set(key, { level, atMs: steadyMs() })
      makeRoom()
    },
  }
}

/** Whoever has one address of an IPv6 network has them all, so the network counts (/64). */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%', 1)[0]?.toLowerCase().split('::') ?? []
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: gap }, () => '0'), ...back]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

export interface SignInAttempt {
  readonly account: string
  readonly address: string
  /** A browser in which this account was signed in before. */
  readonly device?: string | undefined
}

/**
 * Slows guessing of passwords without a way to lock others out: failures from browsers that the account is not known to use
 * count for the account and for the network they come from; a browser that it was signed in with before has a count of its own.
 */
export const createSignInThrottle = (steadyMs: () => number) => {
  const accounts = createBuckets(perAccount, steadyMs)
  const devices = createBuckets(perDevice, steadyMs)
  const networks = createBuckets(perNetwork, steadyMs)
  const countersOf = ({ account, address, device }: SignInAttempt) =>
    device === undefined
      ? ([
          [accounts, account],
          [networks, networkOf(address)],
        ] as const)
      : ([[devices, `${account} ${device}`]] as const)

  return {
    /** Counts the attempt as failed until it is forgiven. Otherwise: how long to wait; then nothing is counted. */
    enter: (attempt: SignInAttempt): { readonly waitMs: number } => {
      const counters = countersOf(attempt)
      const waitMs = Math.max(...counters.map(([buckets, key]) => buckets.waitMs(key)))
      if (waitMs === 0) for (const [buckets, key] of counters) buckets.add(key, 1)
      return { waitMs }
    },
    /** The password was right. */
    forgive: (attempt: SignInAttempt): void => {
      for (const [buckets, key] of countersOf(attempt)) buckets.add(key, -1)
    },
  }
}

export type SignInThrottle = ReturnType<typeof createSignInThrottle>

const soon = (waitMs: number): string =>
  waitMs < 120_000 ? `${Math.ceil(waitMs / 1000)} seconds` : `${Math.ceil(waitMs / 60_000)} minutes`

export const tooManyWrong = (waitMs: number): DomainError =>
  new DomainError('TOO_MANY_REQUESTS', `Too many wrong passwords; try again in ${soon(waitMs)}, or use a sign-in link`)
