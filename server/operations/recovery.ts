import { isTerminal } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import { finish, revise, unchanged } from '../domain/calls/call-progress.ts'
import { toRecord } from './call-record.ts'
import type { WebhookDeps } from './webhooks/context.ts'
import { releaseEnded } from './webhooks/slots.ts'

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
    await releaseEnded(deps, progress.call, progress.attempts)
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
