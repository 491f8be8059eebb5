import type { Clock } from '../../server/ports/system.ts'

/** Time stands still until the test moves it. */
export const fakeClock = (nowMs = 1_767_268_800_000) => {
  const clock = {
    now: nowMs,
    nowMs: () => clock.now,
    steadyMs: () => clock.now,
    micros: () => clock.now * 1000,
    pass(ms: number): void {
      clock.now += ms
    },
  }
  return clock satisfies Clock
}
