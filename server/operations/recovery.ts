import { isTerminal } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import { finish, openAttempts, revise, unchanged } from '../domain/calls/call-progress.ts'
import { toRecord } from './call-record.ts'
import type { WebhookDeps } from './webhooks/context.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { OpenCircuit } from '../ports/runtime-state.ts'
import { defaultCircuitPolicy, defaults, type TenantDirectory } from './tenant-directory.ts'
import { leaseGraceSeconds, leaseKeyOf, settleEnded, trialGraceSeconds } from './webhooks/slots.ts'

/** Ends a call of which nothing more will be heard, and gives its slots back. */
const closeAsLost = async (deps: WebhookDeps, { tenantId, token }: Call): Promise<void> => {
  const { runtime, callLog, clock, directory, events } = deps
  const inForce = directory.byId(tenantId)
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
    const changes = await settleEnded(deps, inForce?.routing, progress.call, progress.attempts)
    await runtime.saveCall(progress.call)
    return { tenantId, ...progress, circuitChanges: changes.map((change) => ({ atMs: nowMs, ...change })) }
  })
  if (!unit) return
  await callLog.append(unit, 'written')
  if (!inForce) return
  for (const change of unit.circuitChanges) events.publish('agent.circuitChanged', { tenantId, change })
  events.publish('call.ended', { tenantId, call: toRecord(unit.call, inForce) })
}

/** Closes the calls whose time limit has passed; how many there were. Run at start and then now and again. */
export const closeLostCalls = async (deps: WebhookDeps): Promise<number> => {
  const overdue = await deps.runtime.overdueCalls(deps.clock.steadyMs())
  for (const call of overdue) await closeAsLost(deps, call)
  return overdue.length
}

/** Its trials that go on: what has been dialled since it was half-open and has not ended. */
const trialsOf = (
  { change }: Awaited<ReturnType<CallStore['openCircuits']>>[number],
  calls: readonly Call[],
  timeLimitSeconds: number,
): OpenCircuit['trials'] => {
  if (change.to !== 'half_open') return []
  const { kind, id } = change.subject
  return calls
    .flatMap((call) => openAttempts(call).map((attempt) => ({ call, attempt })))
    .filter(
      ({ attempt }) => attempt.startedAtMs >= change.atMs && attempt[kind === 'agent' ? 'agentId' : 'provider'] === id,
    )
    .sort((one, other) => one.attempt.startedAtMs - other.attempt.startedAtMs)
    .map(({ call, attempt }) => ({
      key: leaseKeyOf(call.token, attempt.n),
      untilMs: attempt.leaseUntilMs - (timeLimitSeconds + leaseGraceSeconds - trialGraceSeconds) * 1000,
      ...(call.state === 'connected' && { answeredAtMs: call.updatedAtMs }),
    }))
}

/** The circuits that were open when the process of before ended, as they are tried again. */
export const toOpenCircuits = (
  open: Awaited<ReturnType<CallStore['openCircuits']>>,
  inFlight: readonly Call[],
  directory: Pick<TenantDirectory, 'byId'>,
  nowMs: number,
): OpenCircuit[] =>
  open.map((one) => {
    const { tenantId, change } = one
    const routing = directory.byId(tenantId)?.routing
    const { coolOffMs } = routing?.circuitPolicy ?? defaultCircuitPolicy
    const calls = inFlight.filter((call) => call.tenantId === tenantId)
    // A clock that has been set back since is no reason to wait longer.
    const openedAtMs = Math.min(change.atMs, nowMs)
    return {
      tenantId,
      subject: change.subject,
      reason: change.reason ?? 'opened before the restart',
      openedAtMs,
      retryAtMs: openedAtMs + coolOffMs,
      trials: trialsOf(one, calls, routing?.timeLimitSeconds ?? defaults.timeLimitSeconds),
    }
  })
