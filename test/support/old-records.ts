import type { UnitOfWork } from '../../server/ports/call-store.ts'
import { aTenant, aVoiceUnit } from './store-rows.ts'

const dayMs = 86_400_000
const nowMs = 1_790_000_000_000
const oldMs = Math.floor((nowMs - 100 * dayMs) / dayMs) * dayMs + 5000

/** Records that retention takes, and a number that some of them have. */
export const retained = {
  tenant: aTenant({ id: 'tenant-1', settings: { retention: { callDays: 30 } } }),
  nowMs,
  day: new Date(oldMs).toISOString().slice(0, 10),
  owner: { kind: 'token', name: 't', role: 'owner' },
  sought: { number: '+17025550147', country: 'US' },
  /** More than one slice of them. */
  calls: 210,
  unit: (n: number): UnitOfWork => {
    const unit = aVoiceUnit('tenant-1', n, oldMs + n)
    const from = n % 10 === 0 ? '+17025550147' : '+12025550123'
    return {
      ...unit,
      call: { ...unit.call!, from, state: 'completed', disposition: 'answered', endedAtMs: oldMs + n },
    }
  },
} as const
