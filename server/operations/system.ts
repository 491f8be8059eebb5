import type { Actor, Handlers } from '../../shared/contract/index.ts'
import type { SystemInfo } from '../../shared/contract/system.ts'
import type { CallLog } from '../ports/call-store.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Clock } from '../ports/system.ts'
import type { Health } from './health.ts'

type SystemHandlers = Pick<Handlers, Extract<keyof Handlers, `system.${string}`>>

const isOfTheSite = ({ tenantId }: Actor): boolean => tenantId === undefined

export const createSystemHandlers = (
  { dataDir, ...about }: Omit<SystemInfo, 'nowMs' | 'actor'>,
  health: Health,
  runtime: RuntimeState,
  callLog: CallLog,
  clock: Clock,
): SystemHandlers => ({
  'system.info': (actor) =>
    Promise.resolve({
      ...about,
      ...(isOfTheSite(actor) && actor.role !== 'analyst' && { dataDir }),
      nowMs: clock.nowMs(),
      actor: { name: actor.name, role: actor.role, ...(actor.tenantId !== undefined && { tenantId: actor.tenantId }) },
    }),
  async 'system.health'(actor) {
    const { counters, ...rest } = health.read(await runtime.liveCallCount(), callLog.backlog())
    return isOfTheSite(actor) ? { ...rest, counters } : rest
  },
})
