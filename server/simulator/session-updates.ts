import type { CallClock } from './call-clock.ts'
import { pick, shuffle } from './chance.ts'
import type { Courier } from './courier.ts'
import type { Leg, Payloads } from './payloads.ts'
import type { CallPlan } from './plan-call.ts'

/** The stream of session updates beside a call: at least ten of them as a rule, in order unless the plan says otherwise. */
export interface SessionUpdates {
  /** Sends one on its way, without waiting for it; left out where the number per call is used up. */
  emit(status: string): void
  /** The updates of the end. Answers those that come only after the CDR, still to be sent. */
  end(finalStatus: string): Promise<() => Promise<void>>
}

/** `answer` and `connected` are kept free for, and so is the last one. */
const reserved = 3
const spellings: ((word: string) => string)[] = [
  (word) => word,
  (word) => word,
  (word) => word.toUpperCase(),
  (word) => word.charAt(0).toUpperCase() + word.slice(1),
]

export const createSessionUpdates = (
  parts: { plan: CallPlan; payloads: Payloads; courier: Courier; clock: CallClock; path: string; leg: () => Leg },
  limit: number,
): SessionUpdates => {
  const { plan, payloads, courier, clock, path } = parts
  const random = plan.chance('order', 0)
  const isHeld = plan.reordering?.updatesHeld === true
  const held: string[] = []
  let lane: Promise<unknown> = Promise.resolve()
  let made = 0
  let lastStatus = 'new'

  const deliver = (body: string): void => {
    lane = lane.then(() => courier.tell('session_update', path, body))
  }
  const make = (status: string, atMs: number): string => {
    made += 1
    const spell = pick(spellings as [(word: string) => string], random)
    return payloads.sessionUpdate(spell(status), atMs, parts.leg(), made === 1 ? 'call' : 'update')
  }
  const put = (status: string, atMs = clock.nowMs()): void => {
    const body = make(status, atMs)
    if (isHeld) held.push(body)
    else deliver(body)
  }

  return {
    emit(status) {
      lastStatus = status
      const isKey = status === 'answer' || status === 'connected'
      if (made < limit - (isKey ? 1 : reserved)) put(status)
    },
    async end(finalStatus) {
      while (made < limit - 1) put(lastStatus)
      if (limit === 0) return async () => {}
      const final = make(finalStatus, clock.nowMs())
      const late = plan.reordering?.strayAnswer === true ? [make('answer', clock.nowMs() + 200)] : []
      if (!isHeld) {
        deliver(final)
        await lane
        return async () => {
          for (const body of late) await courier.tell('session_update', path, body)
        }
      }
      const mixed = shuffle([...held, final, ...late], random)
      const split = Math.floor(random() * (mixed.length + 1))
      for (const body of mixed.slice(0, split)) deliver(body)
      await lane
      return async () => {
        await Promise.all(mixed.slice(split).map((body) => courier.tell('session_update', path, body)))
      }
    },
  }
}
