import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Wait } from '../../ports/system.ts'

const startedAtMs = Date.now() - performance.now()

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => Math.round(startedAtMs + performance.now()),
  micros: () => Math.round(performance.now() * 1000),
}

export const systemWait: Wait = (ms) => sleep(ms, undefined, { ref: false })
