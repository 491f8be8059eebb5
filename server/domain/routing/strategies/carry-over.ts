/** A balance on its way from one set of contenders into the next. */
export interface Carried {
  readonly agentId: string
  readonly weight: number
  balance: number
}

/** No more than a call of the past is made up for, or held against anybody. */
export const clamp = (balance: number): number => Math.max(-1, Math.min(1, balance))

/**
 * Brings balances, each within ±1, to a sum of zero: the surplus is taken from all in proportion to weight, and what
 * would push somebody beyond ±1 is taken from the others.
 */
export const level = (carried: readonly Carried[]): void => {
  let free = carried
  let surplus = carried.reduce((sum, { balance }) => sum + balance, 0)
  while (surplus !== 0 && free.length > 0) {
    const total = free.reduce((sum, { weight }) => sum + weight, 0)
    const shift = surplus / total
    surplus = 0
    const within: Carried[] = []
    for (const one of free) {
      const balance = one.balance - shift * one.weight
      one.balance = clamp(balance)
      if (one.balance === balance) within.push(one)
      else surplus += one.balance - balance
    }
    free = within
  }
}
