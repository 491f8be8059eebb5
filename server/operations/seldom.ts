import type { Clock } from '../ports/system.ts'

/**
 * For what anybody outside can bring about as often as they like: it is said at once, and then at most once in a while
 * with how many times it came since.
 */
export const createSeldom = (clock: Pick<Clock, 'nowMs'>, everyMs: number) => {
  let saidAtMs = -Infinity
  let times = 0
  return (say: (times: number) => void): void => {
    times += 1
    const nowMs = clock.nowMs()
    // A clock that was set back does not silence it.
    if (nowMs >= saidAtMs && nowMs - saidAtMs < everyMs) return
    say(times)
    saidAtMs = nowMs
    times = 0
  }
}
