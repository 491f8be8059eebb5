import type { Clock } from '../../ports/system.ts'

const startedAtMs = Date.now() - performance.now()

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => Math.round(startedAtMs + performance.now()),
  micros: () => Math.round(performance.now() * 1000),
}
