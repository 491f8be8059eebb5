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
   * Does the work when it is its turn: first come, first served. Rejects with NoTurnError when none comes by then, in
   * steady time.
   */
  take<T>(key: string, giveUpAtMs: number, work: () => Promise<T>): Promise<T>
  /** The other side says that it has had enough: no turn for so long. */
  hold(key: string, forMs: number): void
  /** Who waits is sent away, and nobody is let in again. */
  close(): void
}

interface Waiter {
  readonly giveUpAtMs: number
  start(): void
  refuse(error: NoTurnError): void
}

interface Gate {
  waiting: Waiter[]
  inFlight: number
  /** When the last requests were over, oldest first; each keeps its place in the window for that long. */
  readonly endedAtMs: number[]
  heldUntilMs: number
  /** The earliest look that is due. */
  lookAtMs: number
}

/**
 * At most `most` requests per key in any `windowMs`, wherever they are counted. Nobody knows when in its life a request
 * reaches the other side, so it takes its place from its start until `windowMs` after its end: of any `most` + 1
 * requests, the last one starts more than `windowMs` after the first one was over.
 */
export const createRequestLimiter = (deps: {
  readonly clock: Pick<Clock, 'steadyMs'>
  readonly wait: Wait
  readonly most: number
  readonly windowMs: number
}): RequestLimiter => {
  const { clock, wait, most, windowMs } = deps
  const gates = new Map<string, Gate>()
  let isClosed = false

  const gateOf = (key: string): Gate => {
    let gate = gates.get(key)
    if (!gate) {
      gate = { waiting: [], inFlight: 0, endedAtMs: [], heldUntilMs: 0, lookAtMs: Infinity }
      gates.set(key, gate)
    }
    return gate
  }

  /** When the next one may start, as far as that is known: an end that has not come frees a place at a time unknown. */
  const nextTurnMs = (gate: Gate, nowMs: number): number => {
    const free = most - gate.inFlight - gate.endedAtMs.length
    const [oldest = Infinity] = gate.endedAtMs
    return Math.max(gate.heldUntilMs, free > 0 ? nowMs : oldest + windowMs + 1)
  }

  const lookLater = (gate: Gate, atMs: number, nowMs: number): void => {
    if (atMs >= gate.lookAtMs) return
    gate.lookAtMs = atMs
    void wait(atMs - nowMs).then(() => {
      gate.lookAtMs = Infinity
      look(gate)
    })
  }

  const look = (gate: Gate): void => {
    const nowMs = clock.steadyMs()
    while (gate.endedAtMs[0] !== undefined && gate.endedAtMs[0] + windowMs < nowMs) gate.endedAtMs.shift()
    while (gate.waiting.length > 0 && nextTurnMs(gate, nowMs) <= nowMs) {
      gate.inFlight += 1
      gate.waiting.shift()?.start()
    }
    // Not only the first: who comes back for another try may have less time left than those before.
    const late = gate.waiting.filter(({ giveUpAtMs }) => giveUpAtMs <= nowMs)
    if (late.length > 0) gate.waiting = gate.waiting.filter((waiter) => !late.includes(waiter))
    for (const { refuse } of late) refuse(new NoTurnError('waited too long'))
    if (gate.waiting.length === 0) return
    const ends = gate.waiting.map(({ giveUpAtMs }) => giveUpAtMs)
    lookLater(gate, Math.min(nextTurnMs(gate, nowMs), ...ends), nowMs)
  }

  const turn = (gate: Gate, giveUpAtMs: number): Promise<void> =>
    new Promise((start, refuse) => {
      gate.waiting.push({ giveUpAtMs, start, refuse })
      look(gate)
    })

  return {
    async take(key, giveUpAtMs, work) {
      if (isClosed) throw new NoTurnError('closing')
      const gate = gateOf(key)
      await turn(gate, giveUpAtMs)
      try {
        return await work()
      } finally {
        gate.inFlight -= 1
        gate.endedAtMs.push(clock.steadyMs())
        look(gate)
      }
    },
    hold(key, forMs) {
      const gate = gateOf(key)
      gate.heldUntilMs = Math.max(gate.heldUntilMs, clock.steadyMs() + forMs)
      look(gate)
    },
    close() {
      isClosed = true
      for (const { waiting } of gates.values())
        for (const { refuse } of waiting.splice(0)) refuse(new NoTurnError('closing'))
    },
  }
}
