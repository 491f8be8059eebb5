import type { PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import { reject } from '../../domain/cxml/verbs.ts'
import { buildDocument } from '../../domain/routing/build-document.ts'
import type { Target } from '../../domain/routing/target.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import type { WebhookDeps } from './context.ts'
import { actionUrl, finishDocument, signState } from './place-call.ts'

/**
 * What a caller gets when we fail: the tenant's emergency target, taken without any state that may be what failed. An
 * agent or the first usable member of a group is dialled at once, without a slot.
 */
export const emergencyAnswer = (
  deps: WebhookDeps,
  inForce: TenantInForce | undefined,
  token: string | undefined,
): PrintedCxml => {
  const rejected = (): PrintedCxml => finishDocument(deps, () => reject('failed'))
  const target = inForce?.tenant.settings.emergencyTarget
  if (!inForce || !target) return rejected()
  const { routing } = inForce
  const isUsable = (agentId: string): boolean => routing.agents.get(agentId)?.enabled === true
  const group = target.type === 'group' ? routing.groups.get(target.id) : undefined
  const agentId =
    target.type === 'agent'
      ? target.id
      : group?.members.find((member) => member.enabled && isUsable(member.agentId))?.agentId
  const agent = agentId !== undefined && isUsable(agentId) ? routing.agents.get(agentId) : undefined
  const isDeadEnd = (target.type === 'agent' || target.type === 'group') && !agent
  if (isDeadEnd) return rejected()
  const followed: Target = agent ? { type: 'agent', id: agent.id } : target
  const ringTimeoutSeconds = group?.ringTimeoutSeconds ?? routing.ringTimeoutSeconds
  const end = { target: followed, agent, group, ringTimeoutSeconds, groupAttempts: 1, steps: [] }
  const state = signState(deps, inForce, {
    token: token ?? '',
    decisionId: 'emergency',
    groupId: group?.id,
    attempt: 1,
    groupAttempts: 1,
    tried: agent ? [agent.id] : [],
  })
  return finishDocument(
    deps,
    (signed) => buildDocument(routing, end, token ?? '', actionUrl(deps, inForce, signed)),
    state,
  )
}
