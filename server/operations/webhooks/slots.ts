import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import { stageOf, type Progress } from '../../domain/calls/call-progress.ts'
import type { RoutingConfig } from '../../domain/routing/routing-config.ts'
import type { Ask, SelectionReply, Tried } from '../../domain/routing/routing.ts'
import type { CircuitChange, RuntimeState } from '../../ports/runtime-state.ts'
import { defaultCircuitPolicy } from '../tenant-directory.ts'
import type { Incoming, TakenSlot, WebhookDeps } from './context.ts'

/** Longer than ring time and call together, so that a lost end event never holds a slot for ever. */
export const leaseGraceSeconds = 60

/** A trial of an open circuit is given up for lost when it rang longer than it could by this. */
export const trialGraceSeconds = 10

export const leaseKeyOf = (token: string, n: number): string => `${token}\n${n}`

/** Chooses for real: slots are taken, first choices count. What was taken is noted, to be given back if nothing comes of it. */
export const askRuntime =
  ({ runtime, chance }: WebhookDeps, { inForce, token, steadyMs, taken, circuitChanges }: Incoming, n: number) =>
  async (question: Ask): Promise<SelectionReply> => {
    const leaseKey = leaseKeyOf(token, n)
    const leaseMs = (question.ringTimeoutSeconds + inForce.routing.timeLimitSeconds + leaseGraceSeconds) * 1000
    if ('trunks' in question) {
      const { trunks } = question
      const asked = { tenantId: inForce.tenant.id, trunks, leaseKey, leaseMs, nowMs: steadyMs }
      const { trunkId, verdicts } = await runtime.selectTrunk(asked)
      if (trunkId !== undefined) taken.push({ trunkId, leaseKey })
      return { verdicts: [], trunkId, trunks: verdicts }
    }
    const drawn = chance()
    const reply = await runtime.select({
      tenantId: inForce.tenant.id,
      group: question.group,
      members: question.members,
      isFirstChoice: question.isFirstChoice,
      leaseKey,
      leaseMs,
      trialMs: (question.ringTimeoutSeconds + trialGraceSeconds) * 1000,
      providerLimits: inForce.routing.providerLimits,
      sticky: question.sticky,
      chance: drawn,
      nowMs: steadyMs,
    })
    if (reply.agentId !== undefined) {
      const provider = question.members.find(({ agentId }) => agentId === reply.agentId)?.provider ?? ''
      taken.push({ agentId: reply.agentId, provider, leaseKey })
    }
    circuitChanges.push(...reply.changes)
    return { ...reply, chance: drawn }
  }

export const giveBack = (
  runtime: Pick<RuntimeState, 'release' | 'releaseTrunk'>,
  tenantId: string,
  slot: TakenSlot,
): Promise<boolean> =>
  'trunkId' in slot
    ? runtime.releaseTrunk(tenantId, slot.trunkId, slot.leaseKey)
    : runtime.release(tenantId, slot.agentId, slot.provider, slot.leaseKey)

/**
 * Gives back the slots of attempts that have ended, and tells the circuits how. Of an agent that was deleted, or whose circuit
 * an admin holds, it does not matter.
 */
export const settleEnded = async (
  { runtime, clock }: Pick<WebhookDeps, 'runtime' | 'clock'>,
  routing: Pick<RoutingConfig, 'agents' | 'circuitPolicy'> | undefined,
  { tenantId, token }: Call,
  attempts: readonly DialAttempt[],
): Promise<CircuitChange[]> => {
  const changes: CircuitChange[] = []
  const policy = routing?.circuitPolicy ?? defaultCircuitPolicy
  const nowMs = clock.steadyMs()
  const steadyOf = (wallMs: number): number => nowMs - (clock.nowMs() - wallMs)
  for (const { agentId, provider = '', trunkId, startedAtMs, endedAtMs, n, result } of attempts) {
    if (endedAtMs === undefined) continue
    const leaseKey = leaseKeyOf(token, n)
    if (trunkId !== undefined) await runtime.releaseTrunk(tenantId, trunkId, leaseKey)
    if (agentId === undefined) continue
    const counts = routing?.agents.get(agentId)?.circuit === 'auto'
    const ended = { tenantId, agentId, provider, leaseKey, startedAtMs: steadyOf(startedAtMs), policy, nowMs }
    changes.push(...(await runtime.endAttempt({ ...ended, result: counts ? result : undefined })))
  }
  return changes
}

/**
 * Settles what has ended in a webhook so far, each attempt once. Before somebody else is asked: the next choice goes by
 * what this one came to.
 */
export const settleSoFar = async (
  deps: Pick<WebhookDeps, 'runtime' | 'clock'>,
  { inForce, settled, circuitChanges }: Incoming,
  { call, attempts }: Progress,
): Promise<void> => {
  const unsettled = attempts.filter(({ n, endedAtMs }) => endedAtMs !== undefined && !settled.has(n))
  for (const { n } of unsettled) settled.add(n)
  circuitChanges.push(...(await settleEnded(deps, inForce.routing, call, unsettled)))
}

/** What a call was tried with, for a decision of now that must not try it again. */
export const triedIn = (call: Call, atMs: number): Tried => {
  const { attempts } = call
  const { direction, from: caller } = stageOf(call)
  const attemptsByGroup = new Map<string, number>()
  const startedByGroup = new Map<string, number>()
  for (const { groupId, startedAtMs } of attempts) {
    if (groupId === undefined) continue
    attemptsByGroup.set(groupId, (attemptsByGroup.get(groupId) ?? 0) + 1)
    startedByGroup.set(groupId, Math.min(startedAtMs, startedByGroup.get(groupId) ?? startedAtMs))
  }
  return {
    agentIds: attempts.flatMap(({ agentId }) => agentId ?? []),
    numbers: attempts.flatMap(({ number }) => number ?? []),
    attempts: attempts.length,
    attemptsByGroup,
    caller,
    direction,
    atMs,
    startedByGroup,
  }
}

/** Numbers of attempts are never used twice, whatever was lost in between. */
export const nextAttempt = ({ attempts }: Call): number => Math.max(0, ...attempts.map(({ n }) => n)) + 1
