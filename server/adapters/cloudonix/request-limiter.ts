import type { RequestBudget, RequestLimit } from '../../ports/request-budget.ts'
import type { Clock, Wait } from '../../ports/system.ts'

/** No turn came in time, or no more turns are given. */
export class NoTurnError extends Error {
  override readonly name = 'NoTurnError'
  readonly reason: 'waited too long' | 'closing'

  constructor(reason: NoTurnError['reason']) {
    super(reason)
    this.reason = reason
  }
}

export interface RequestLimiter {
  /**
   * Does the work when it is its turn: first come, first served within this process. Rejects with NoTurnError when none
   * comes by then, in steady time, and with what the budget says when it cannot be asked.
   */
  take<T>(key: string, giveUpAtMs: number, work: () => Promise<T>): Promise<T>
  /** The other side says that it has had enough: no turn for so long. */
  hold(key: string, forMs: number): Promise<void>
  /** Who waits is sent away, and nobody is let in again. */
  close(): void
}

interface Waiter {
  readonly giveUpAtMs: number
  start(placeNo: number): void
  refuse(error: unknown): void
}

interface Gate {
  waiting: Waiter[]
  isServed: boolean
  /** Ends the pause of who serves. */
  wake: () => void
}

/** Lets requests through one by one as the budget has places for them. */
export const createRequestLimiter = ({
  clock,
  wait,
  budget,
  limit,
}: {
  readonly clock: Pick<Clock, 'steadyMs'>
  readonly wait: Wait
  readonly budget: RequestBudget
  readonly limit: RequestLimit
}): RequestLimiter => {
  const gates = new Map<string, Gate>()
  let isClosed = false

  const gateOf = (key: string): Gate => {
    let gate = gates.get(key)
    if (!gate) gates.set(key, (gate = { waiting: [], isServed: false, wake: () => undefined }))
    return gate
  }

  const sendAway = (gate: Gate, error: unknown, isMeant: (waiter: Waiter) => boolean = () => true): void => {
    const meant = gate.waiting.filter(isMeant)
    gate.waiting = gate.waiting.filter((waiter) => !meant.includes(waiter))
    for (const { refuse } of meant) refuse(error)
  }

  /** Not only the first is looked at: who comes back for another try may have less time left than those before. */
  const pause = async (gate: Gate, retryMs: number): Promise<void> => {
    const firstEndMs = Math.min(...gate.waiting.map(({ giveUpAtMs }) => giveUpAtMs)) - clock.steadyMs()
    const woken = new Promise<void>((wake) => (gate.wake = wake))
    await Promise.race([wait(Math.min(retryMs, firstEndMs)), woken])
    const nowMs = clock.steadyMs()
    sendAway(gate, new NoTurnError('waited too long'), ({ giveUpAtMs }) => giveUpAtMs <= nowMs)
  }

  const serve = async (key: string, gate: Gate): Promise<void> => {
    if (gate.isServed) return gate.wake()
    gate.isServed = true
    try {
      while (gate.waiting.length > 0) {
        const turn = await budget.take(key, limit)
        if ('retryMs' in turn) {
          await pause(gate, turn.retryMs)
          continue
        }
        const next = gate.waiting.shift()
        if (next) next.start(turn.placeNo)
        else await budget.end(turn.placeNo, limit)
      }
    } catch (error) {
      sendAway(gate, error)
    } finally {
      gate.isServed = false
    }
  }

  return {
    async take(key, giveUpAtMs, work) {
      if (isClosed) throw new NoTurnError('closing')
      const gate = gateOf(key)
      const placeNo = await new Promise<number>((start, refuse) => {
        gate.waiting.push({ giveUpAtMs, start, refuse })
        void serve(key, gate)
      })
      try {
        return await work()
      } finally {
        // Where that cannot be noted, the place is kept for longer.
        await budget.end(placeNo, limit).catch(() => undefined)
      }
    },
    hold: (key, forMs) => budget.hold(key, forMs),
    close() {
      isClosed = true
      for (const gate of gates.values()) sendAway(gate, new NoTurnError('closing'))
    },
  }
}
