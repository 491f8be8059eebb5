import { isTerminal } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import { finish, revise, unchanged } from '../domain/calls/call-progress.ts'
import { toRecord } from './call-record.ts'
import type { WebhookDeps } from './webhooks/context.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { OpenCircuit } from '../ports/runtime-state.ts'
import { defaultCircuitPolicy, type TenantDirectory } from './tenant-directory.ts'
import { settleEnded } from './webhooks/slots.ts'

/** Ends a call of which nothing more will be heard, and gives its slots back. */
const closeAsLost = async (deps: WebhookDeps, { tenantId, token }: Call): Promise<void> => {
  const { runtime, callLog, clock, directory, events } = deps
  const unit = await runtime.exclusively(tenantId, token, async () => {
    const call = await runtime.loadCall(tenantId, token)
    if (!call || isTerminal(call.state) || call.deadlineMs > clock.steadyMs()) return undefined
    const nowMs = clock.nowMs()
    const progress = revise(
      finish(
        unchanged(call),
        'give-up',
        { disposition: 'lost', reason: 'its time limit passed and neither a dial result nor a CDR came' },
        nowMs,
      ),
    )
    const policy = directory.byId(tenantId)?.routing.circuitPolicy ?? defaultCircuitPolicy
    // Nothing is known of how its attempts went, so no circuit changes by them.
    await settleEnded(deps, policy, progress.call, progress.attempts)
    await runtime.saveCall(progress.call)
    return { tenantId, ...progress }
  })
  if (!unit) return
  await callLog.append(unit, 'written')
  const inForce = directory.byId(tenantId)
  if (inForce) events.publish('call.ended', { tenantId, call: toRecord(unit.call, inForce) })
}

/** Closes the calls whose time limit has passed; how many there were. Run at start and then now and again. */
export const closeLostCalls = async (deps: WebhookDeps): Promise<number> => {
  const overdue = await deps.runtime.overdueCalls(deps.clock.steadyMs())
  for (const call of overdue) await closeAsLost(deps, call)
  return overdue.length
}

/** The circuits that were open when the process of before ended, as they are tried again. */
export const toOpenCircuits = (
  open: Awaited<ReturnType<CallStore['openCircuits']>>,
  directory: Pick<TenantDirectory, 'byId'>,
): OpenCircuit[] =>
  open.map(({ tenantId, change }) => {
    const { coolOffMs } = directory.byId(tenantId)?.routing.circuitPolicy ?? defaultCircuitPolicy
    return {
      tenantId,
      subject: change.subject,
      reason: change.reason ?? 'opened before the restart',
      openedAtMs: change.atMs,
      retryAtMs: change.atMs + coolOffMs,
    }
  })
