import { describe, expect, it } from 'vitest'
import { describeStatus } from '../../../renderer/features/frame/describe-status.ts'
import type { SystemHealth } from '../../../shared/contract/system.ts'

const health = (status: SystemHealth['status'], ...parts: string[]): SystemHealth => ({
  status,
  problems: parts.map((part) => ({ part, message: 'broken', sinceMs: 1 })),
  counters: {
    voiceRequests: 0,
    dialResults: 0,
    sessionUpdates: 0,
    cdrs: 0,
    duplicates: 0,
    undurableAnswers: 0,
    faults: 0,
    dialectFindings: 0,
    unknownKeys: 0,
    activeCalls: 0,
    writeBacklog: 0,
  },
})
const live = { state: 'live', sinceMs: 1 } as const

describe('the pill in the top bar', () => {
  it.each([
    [live, undefined, 'Live'],
    [live, health('ok'), 'Live'],
    [live, health('degraded', 'store'), 'Degraded: store'],
    [live, health('degraded', 'store', 'redis', 'clock'), 'Degraded: store and 2 more'],
    [live, health('closing'), 'Shutting down'],
    [{ state: 'connecting', sinceMs: 1 } as const, undefined, 'Connecting'],
    [{ state: 'reconnecting', sinceMs: 1 } as const, health('degraded', 'store'), 'Reconnecting'],
  ])('%j with %j says %s', (connection, state, word) => expect(describeStatus(connection, state).word).toBe(word))
})
