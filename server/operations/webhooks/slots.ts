import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import type { SelectionAsk, SelectionReply, Tried } from '../../domain/routing/routing-engine.ts'
import type { Incoming, WebhookDeps } from './context.ts'

/** Longer than ring time and call together, so that a lost end event never holds a slot for ever. */
export const leaseGraceSeconds = 60

export const leaseKeyOf = (token: string, n: number): string => `${token}\n${n}`

/** Chooses for real: slots are taken, first choices count. What was taken is noted, to be given back if nothing comes of it. */
export const askRuntime =
  ({ runtime }: WebhookDeps, { inForce, token, steadyMs, taken }: Incoming, n: number) =>
  async (question: SelectionAsk): Promise<SelectionReply> => {
    const leaseKey = leaseKeyOf(token, n)
    const reply = await runtime.select({
      tenantId: inForce.tenant.id,
      group: question.group,
      members: question.members,
      isFirstChoice: question.isFirstChoice,
      leaseKey,
      leaseMs: (question.ringTimeoutSeconds + inForce.routing.timeLimitSeconds + leaseGraceSeconds) * 1000,
      nowMs: steadyMs,
    })
    if (reply.agentId !== undefined) taken.push({ agentId: reply.agentId, leaseKey })
    return reply
  }

/** Gives back the slots of attempts that have ended. */
export const releaseEnded = async (
  { runtime }: Pick<WebhookDeps, 'runtime'>,
  { tenantId, token }: Call,
  attempts: readonly DialAttempt[],
): Promise<void> => {
  for (const { agentId, endedAtMs, n } of attempts) {
    if (agentId !== undefined && endedAtMs !== undefined) await runtime.release(tenantId, agentId, leaseKeyOf(token, n))
  }
}

/** What a call was tried with, for a decision of now that must not try it again. */
export const triedIn = ({ attempts }: Call, atMs: number): Tried => {
  const attemptsByGroup = new Map<string, number>()
  for (const { groupId } of attempts) {
    if (groupId !== undefined) attemptsByGroup.set(groupId, (attemptsByGroup.get(groupId) ?? 0) + 1)
  }
  return {
    agentIds: attempts.flatMap(({ agentId }) => agentId ?? []),
    numbers: attempts.flatMap(({ number }) => number ?? []),
    attempts: attempts.length,
    attemptsByGroup,
    atMs,
  }
}

/** Numbers of attempts are never used twice, whatever was lost in between. */
export const nextAttempt = ({ attempts }: Call): number => Math.max(0, ...attempts.map(({ n }) => n)) + 1
