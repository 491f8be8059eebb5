import type { PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import { reject, type CxmlDocument } from '../../domain/cxml/verbs.ts'
import { buildDocument } from '../../domain/routing/build-document.ts'
import { trunkIdsOf } from '../../domain/routing/default-trunk.ts'
import { firstTrunk } from '../../domain/routing/ask-trunks.ts'
import type { Target } from '../../domain/routing/target.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import type { WebhookDeps } from './context.ts'
import { printDocument } from './documents.ts'

/** Without an action nothing is asked of us again: when the dial is over, so is the call. */
const withoutAction = (document: CxmlDocument): CxmlDocument =>
  document.flatMap((verb): CxmlDocument => {
    if (verb.verb === 'Redirect') return [{ verb: 'Hangup' as const }]
    return verb.verb === 'Dial' ? [{ ...verb, action: undefined }, { verb: 'Hangup' as const }] : [verb]
  })

/**
 * What a caller gets when we fail: the tenant's emergency target, taken without any state that may be what failed. An
 * agent or the first usable member of a group is dialled at once, without a slot and without a result.
 */
export const emergencyAnswer = (
  deps: Pick<WebhookDeps, 'health' | 'log'>,
  { tenant, routing }: TenantInForce,
  token: string | undefined,
): PrintedCxml => {
  const rejected = (): PrintedCxml => printDocument(deps, () => reject('failed'))
  const target = tenant.settings.emergencyTarget
  if (!target) return rejected()
  const isUsable = (agentId: string): boolean => {
    const agent = routing.agents.get(agentId)
    return agent?.enabled === true && routing.providers.get(agent.provider)?.enabled === true
  }
  const group = target.type === 'group' ? routing.groups.get(target.id) : undefined
  const agentId =
    target.type === 'agent'
      ? target.id
      : group?.members.find((member) => member.enabled && isUsable(member.agentId))?.agentId
  const agent = agentId !== undefined && isUsable(agentId) ? routing.agents.get(agentId) : undefined
  if ((target.type === 'agent' || target.type === 'group') && !agent) return rejected()
  const trunkIds = target.type === 'number' ? trunkIdsOf(routing, target) : []
  const trunk = firstTrunk(routing, trunkIds)
  if (trunkIds.length > 0 && !trunk) return rejected()
  const followed: Target = agent ? { type: 'agent', id: agent.id } : target
  const ringTimeoutSeconds = group?.ringTimeoutSeconds ?? routing.ringTimeoutSeconds
  const end = { target: followed, agent, group, trunk, ringTimeoutSeconds, groupAttempts: 1, steps: [] }
  const printed = printDocument(deps, () => withoutAction(buildDocument(routing, end, token ?? '', '/')))
  return printed.problems.length === 0 ? printed : rejected()
}
