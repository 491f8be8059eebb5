import type { Input, Handlers } from '../../shared/contract/index.ts'
import type { AgentGroup, Member } from '../../shared/contract/agent-groups.ts'
import { DomainError } from '../domain/errors.ts'
import { selectableMember } from '../domain/routing/ask-group.ts'
import { nothingTried } from '../domain/routing/routing.ts'
import type { Target } from '../domain/routing/target.ts'
import type { StoredGroup } from '../ports/configuration.ts'
import { assertTarget, assertTenant, assertUnused, type ConfigDeps } from './config-context.ts'
import { getRow, given, updateRow } from './rows.ts'
import { defaults, tenantInForce } from './tenant-directory.ts'

type AgentGroupHandlers = Pick<Handlers, Extract<keyof Handlers, `agentGroups.${string}`>>
type MemberInput = Input<'agentGroups.setMembers'>['members']

/** Positions follow the order of the list unless they are given. */
const toMembers = (members: MemberInput): Member[] =>
  members
    .map((member, i) => ({
      agentId: member.agentId,
      priority: member.priority ?? 1,
      weight: member.weight ?? 1,
      position: member.position ?? i + 1,
      enabled: member.enabled ?? true,
      ...(member.ringTimeoutSeconds !== undefined && { ringTimeoutSeconds: member.ringTimeoutSeconds }),
    }))
    .sort((a, b) => a.position - b.position)

const invalid = (path: string, message: string): DomainError =>
  new DomainError('INVALID_INPUT', message, [{ path, message }])

export const createAgentGroupHandlers = (deps: ConfigDeps): AgentGroupHandlers => {
  const { store, directory, runtime, events, clock, newId } = deps

  const assertMembers = async (tenantId: string, members: readonly Member[]): Promise<void> => {
    const seen = new Set<string>()
    for (const [i, { agentId }] of members.entries()) {
      if (seen.has(agentId))
        throw invalid(`/members/${i}/agentId`, `Voice agent ${agentId} is in the list twice; give it a weight instead`)
      seen.add(agentId)
      const known = directory.byId(tenantId)?.routing.agents.has(agentId) ?? false
      if (!known && !(await store.voiceAgents.get(tenantId, agentId))) {
        throw invalid(
          `/members/${i}/agentId`,
          `Member ${i + 1} names voice agent ${agentId}, which does not exist; choose one of this tenant's voice agents`,
        )
      }
    }
  }

  /** Groups may chain by their fallbacks, but not in a circle. */
  const assertNoCycle = async (
    tenantId: string,
    id: string,
    name: string,
    fallback: Target | undefined,
  ): Promise<void> => {
    const path = [name]
    let next = fallback
    const seen = new Set<string>()
    while (next?.type === 'group') {
      if (next.id === id)
        throw invalid(
          '/fallback',
          `The fallback leads back to this group: ${[...path, name].join(' → ')}; end the chain elsewhere`,
        )
      if (seen.has(next.id)) return
      seen.add(next.id)
      const group: StoredGroup | undefined = await store.agentGroups.get(tenantId, next.id)
      path.push(group?.name ?? next.id)
      next = group?.fallback
    }
  }

  const changed = async (tenantId: string, id: string, change: 'created' | 'updated' | 'deleted'): Promise<void> => {
    await directory.reload(tenantId)
    events.publish('group.changed', { tenantId, id, change })
  }

  return {
    async 'agentGroups.list'(_actor, { tenantId, limit = 50, cursor, search }) {
      await assertTenant(deps, tenantId)
      return store.agentGroups.list(tenantId, { limit, cursor, search })
    },
    async 'agentGroups.create'(
      _actor,
      { tenantId, name, strategy = 'load_balanced', settings, fallback, members = [] },
    ) {
      await assertTenant(deps, tenantId)
      const nowMs = clock.nowMs()
      const group: AgentGroup = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        tenantId,
        name,
        strategy,
        settings: { windowHours: defaults.windowHours, maxAttempts: defaults.maxAttempts, ...given(settings ?? {}) },
        ...(fallback !== undefined && { fallback }),
        members: toMembers(members),
      }
      await assertMembers(tenantId, group.members)
      await assertTarget(deps, tenantId, 'fallback', `The fallback of group ${name}`, fallback)
      await store.agentGroups.create(group)
      await changed(tenantId, group.id, 'created')
      return group
    },
    'agentGroups.get': (_actor, { tenantId, id }) => getRow(store.agentGroups, 'agent group', tenantId, id),
    async 'agentGroups.update'(_actor, { tenantId, id, version, settings, ...rest }) {
      const before = await getRow(store.agentGroups, 'agent group', tenantId, id)
      const next: AgentGroup = { ...before, ...given(rest), settings: { ...before.settings, ...given(settings ?? {}) } }
      await assertTarget(deps, tenantId, 'fallback', `The fallback of group ${next.name}`, next.fallback)
      await assertNoCycle(tenantId, id, next.name, next.fallback)
      const row = await updateRow(store.agentGroups, 'agent group', version, next, clock.nowMs())
      await changed(tenantId, id, 'updated')
      return row
    },
    async 'agentGroups.setMembers'(_actor, { tenantId, id, version, members }) {
      const before = await getRow(store.agentGroups, 'agent group', tenantId, id)
      const next: AgentGroup = { ...before, members: toMembers(members) }
      await assertMembers(tenantId, next.members)
      const row = await updateRow(store.agentGroups, 'agent group', version ?? before.version, next, clock.nowMs())
      await changed(tenantId, id, 'updated')
      return row
    },
    async 'agentGroups.delete'(_actor, { tenantId, id, force }) {
      const group = await getRow(store.agentGroups, 'agent group', tenantId, id)
      assertUnused('Agent group', group.name, await store.usersOf(tenantId, 'group', id), force)
      await store.agentGroups.delete(tenantId, id)
      await changed(tenantId, id, 'deleted')
      // Not before: until the group is out of force it is counted on.
      await runtime.forgetGroup(tenantId, id)
      return undefined
    },
    async 'agentGroups.distribution'(_actor, { tenantId, id }) {
      const group = await getRow(store.agentGroups, 'agent group', tenantId, id)
      const nowMs = clock.steadyMs()
      const windowMs = group.settings.windowHours * 3_600_000
      const { firstChoices, lastUsedAtMs } = await runtime.groupState(tenantId, id, windowMs, nowMs)
      const { routing } = tenantInForce(directory, tenantId)
      const aCall = { ...nothingTried, caller: '', atMs: clock.nowMs() }
      const { verdicts } = await runtime.select({
        tenantId,
        group: { id, strategy: group.strategy, windowMs },
        members: group.members.map((member) => selectableMember(routing, member, aCall)),
        isFirstChoice: true,
        leaseKey: 'distribution',
        leaseMs: 0,
        trialMs: 0,
        providerLimits: routing.providerLimits,
        chance: 0,
        nowMs,
        dryRun: true,
      })
      const standing = new Map(verdicts.map((verdict) => [verdict.agentId, verdict]))
      const isEligible = ({ agentId }: Member): boolean => standing.get(agentId)?.eligible === true
      const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
      const total = sum(group.members.map(({ agentId }) => firstChoices.get(agentId) ?? 0))
      const weights = sum(group.members.filter(isEligible).map(({ weight }) => weight))
      return {
        groupId: id,
        strategy: group.strategy,
        totalFirstChoices: total,
        members: group.members.map((member) => {
          const { agentId, weight } = member
          const eligible = isEligible(member)
          const counted = firstChoices.get(agentId) ?? 0
          return {
            agentId,
            name: routing.agents.get(agentId)?.name ?? agentId,
            eligible,
            why: eligible ? undefined : standing.get(agentId)?.verdict,
            weight,
            activeCalls: standing.get(agentId)?.activeCalls ?? 0,
            firstChoices: counted,
            targetShare: eligible ? weight / weights : 0,
            realShare: total > 0 ? counted / total : 0,
            lastUsedAtMs: lastUsedAtMs.get(agentId),
          }
        }),
      }
    },
  }
}
