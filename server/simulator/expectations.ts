import type { AgentGroup } from '../../shared/contract/agent-groups.ts'
import type { Target } from '../../shared/contract/fields.ts'
import type { InboundRule } from '../../shared/contract/inbound-rules.ts'
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { read, readAll, tenantPath, type ControlPlaneAccess } from './control-plane.ts'
import type { ExpectedGroup } from './scenario.ts'

/** Every agent a target leads to by itself. */
const directAgents = (targets: readonly (Target | undefined)[]): string[] =>
  targets.flatMap((target) => (target?.type === 'agent' ? [target.id] : []))

/**
 * What the tenant's own configuration lets one expect: its domain, and the ideal shares of groups that keep exact ones.
 * A group is left out when one of its agents is also reached in another way, by another group or a rule of its own:
 * a first choice could not be told apart by the agent alone.
 */
export const fetchExpectations = async (
  access: ControlPlaneAccess,
): Promise<{ domain: string; groups: ExpectedGroup[] }> => {
  const path = tenantPath(access)
  const tenant = await read<Tenant>(access, path)
  if (!tenant) throw new Error(`There is no tenant ${access.tenantId}, or the token does not open it`)
  const values = new Map<string, string>()
  await readAll<VoiceAgent>(access, `${path}/voice-agents`, {}, ({ id, value }) => values.set(id, value))
  const groups: AgentGroup[] = []
  await readAll<AgentGroup>(access, `${path}/agent-groups`, {}, (group) => groups.push(group))
  const reached = directAgents([tenant.defaultTarget, ...groups.map(({ fallback }) => fallback)])
  await readAll<InboundRule>(access, `${path}/inbound-rules`, {}, ({ target }) =>
    reached.push(...directAgents([target])),
  )
  reached.push(...groups.flatMap(({ members }) => members.map(({ agentId }) => agentId)))
  const ways = new Map<string, number>()
  for (const id of reached) ways.set(id, (ways.get(id) ?? 0) + 1)
  const isExact = ({ strategy, members }: AgentGroup): boolean =>
    strategy !== 'priority' && members.every(({ agentId }) => ways.get(agentId) === 1)
  return {
    domain: tenant.domain,
    groups: groups.filter(isExact).map(({ name, members }) => ({
      name,
      weights: Object.fromEntries(
        members.filter(({ enabled }) => enabled).map(({ agentId, weight }) => [values.get(agentId) ?? agentId, weight]),
      ),
    })),
  }
}
