import type { Handlers } from '../../shared/contract/index.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallLog, CallStore } from '../ports/call-store.ts'
import type { StoredAgent } from '../ports/configuration.ts'
import type { CircuitStanding, CircuitSubject } from '../ports/runtime-state.ts'
import type { AgentResults } from './agent-results.ts'
import { assertSchedule, assertTenant, assertUnused, type ConfigDeps } from './config-context.ts'
import { assertDialable } from './dialable-agent.ts'
import { getRow, given, updateRow } from './rows.ts'

type VoiceAgentHandlers = Pick<Handlers, Extract<keyof Handlers, `voiceAgents.${string}`>>

interface VoiceAgentDeps extends ConfigDeps {
  readonly results: AgentResults
  readonly calls: Pick<CallStore, 'circuitChanges'>
  readonly callLog: Pick<CallLog, 'append'>
}

const subjectOf = ({ id }: Pick<StoredAgent, 'id'>): CircuitSubject => ({ kind: 'agent', id })

/** What the admin says of a circuit wins over what its results say. */
const circuitHealth = (
  { circuitOverride }: Pick<StoredAgent, 'circuitOverride'>,
  standing: CircuitStanding | undefined,
): Pick<VoiceAgent['health'], 'circuit' | 'circuitReason' | 'retryAtMs'> =>
  circuitOverride === 'auto'
    ? { circuit: standing?.state ?? 'closed', circuitReason: standing?.reason, retryAtMs: standing?.retryAtMs }
    : { circuit: circuitOverride, circuitReason: `held ${circuitOverride} by an admin` }

export const createVoiceAgentHandlers = (deps: VoiceAgentDeps): VoiceAgentHandlers => {
  const { store, directory, runtime, events, clock, newId, results, calls, callLog } = deps

  const toAgents = async (tenantId: string, agents: readonly StoredAgent[]): Promise<VoiceAgent[]> => {
    const active = await runtime.activeCalls(
      tenantId,
      agents.map(({ id }) => id),
      clock.steadyMs(),
    )
    const circuits = await runtime.circuits(tenantId, agents.map(subjectOf), clock.steadyMs())
    const broken = new Map(circuits.map((standing) => [standing.subject.id, standing]))
    return agents.map(({ password, ...agent }) => ({
      ...agent,
      hasPassword: password !== undefined,
      health: {
        ...circuitHealth(agent, broken.get(agent.id)),
        activeCalls: active.get(agent.id) ?? 0,
        recentResults: results.recent(tenantId, agent.id),
      },
    }))
  }
  const toAgent = async (agent: StoredAgent): Promise<VoiceAgent> => {
    const [shown] = await toAgents(agent.tenantId, [agent])
    if (!shown) throw new Error('an agent went missing between two lines')
    return shown
  }
  const changed = async (
    tenantId: string,
    ids: readonly string[],
    change: 'created' | 'updated' | 'deleted',
  ): Promise<void> => {
    await directory.reload(tenantId)
    for (const id of ids) events.publish('agent.changed', { tenantId, id, change })
  }

  /** The groups that lose a member with it; refuses while the agent is in use. */
  const groupsLeft = async ({ tenantId, id, name }: StoredAgent, force: boolean | undefined): Promise<string[]> => {
    const users = await store.usersOf(tenantId, 'agent', id)
    assertUnused('Voice agent', name, users, force)
    return users.filter(({ kind }) => kind === 'group member').map((user) => user.id)
  }
  const deleted = async (tenantId: string, ids: readonly string[], groupIds: Iterable<string>): Promise<void> => {
    await changed(tenantId, ids, 'deleted')
    for (const id of ids) results.forget(tenantId, id)
    await runtime.forgetCircuits(
      tenantId,
      ids.map((id) => subjectOf({ id })),
    )
    for (const id of groupIds) events.publish('group.changed', { tenantId, id, change: 'updated' })
  }

  const assertAgent = async (agent: StoredAgent): Promise<void> => {
    const { items } = await store.providers.list(undefined, { limit: 1, where: { key: agent.provider } })
    const [provider] = items
    if (provider) return assertDialable(provider, agent)
    const message = `There is no provider "${agent.provider}" in the catalogue; GET /api/v1/providers lists the keys, and an owner can add one`
    throw new DomainError('INVALID_INPUT', message, [{ path: '/provider', message }])
  }

  const set = async (
    tenantId: string,
    id: string,
    change: Partial<Pick<StoredAgent, 'draining' | 'circuitOverride'>>,
  ): Promise<StoredAgent> => {
    const before = await getRow(store.voiceAgents, 'voice agent', tenantId, id)
    const row = await updateRow(
      store.voiceAgents,
      'voice agent',
      before.version,
      { ...before, ...change },
      clock.nowMs(),
    )
    await changed(tenantId, [id], 'updated')
    return row
  }

  return {
    async 'voiceAgents.list'(_actor, { tenantId, limit = 50, cursor, search, provider, enabled }) {
      await assertTenant(deps, tenantId)
      const page = await store.voiceAgents.list(tenantId, { limit, cursor, search, where: { provider, enabled } })
      return { ...page, items: await toAgents(tenantId, page.items) }
    },
    async 'voiceAgents.create'(_actor, { tenantId, name, provider, value, ...rest }) {
      await assertTenant(deps, tenantId)
      const nowMs = clock.nowMs()
      const agent: StoredAgent = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        enabled: true,
        tags: [],
        metadata: {},
        draining: false,
        circuitOverride: 'auto',
        ...given(rest),
        tenantId,
        name,
        provider,
        value,
      }
      await assertAgent(agent)
      await assertSchedule(deps, tenantId, `Voice agent ${name}`, agent.scheduleId)
      await store.voiceAgents.create(agent)
      await changed(tenantId, [agent.id], 'created')
      return toAgent(agent)
    },
    async 'voiceAgents.get'(_actor, { tenantId, id }) {
      return toAgent(await getRow(store.voiceAgents, 'voice agent', tenantId, id))
    },
    async 'voiceAgents.update'(_actor, { tenantId, id, version, ...rest }) {
      const before = await getRow(store.voiceAgents, 'voice agent', tenantId, id)
      const next: StoredAgent = { ...before, ...given(rest) }
      await assertAgent(next)
      // One that was deleted since is no reason to refuse another change.
      await assertSchedule(deps, tenantId, `Voice agent ${next.name}`, rest.scheduleId)
      const row = await updateRow(store.voiceAgents, 'voice agent', version, next, clock.nowMs())
      await changed(tenantId, [id], 'updated')
      return toAgent(row)
    },
    async 'voiceAgents.delete'(_actor, { tenantId, id, force }) {
      const agent = await getRow(store.voiceAgents, 'voice agent', tenantId, id)
      const left = await groupsLeft(agent, force)
      await store.voiceAgents.delete(tenantId, id)
      await deleted(tenantId, [id], left)
      return undefined
    },
    async 'voiceAgents.drain'(_actor, { tenantId, id, draining }) {
      return toAgent(await set(tenantId, id, { draining }))
    },
    async 'voiceAgents.setCircuit'(_actor, { tenantId, id, state }) {
      const before = await toAgent(await getRow(store.voiceAgents, 'voice agent', tenantId, id))
      const row = await set(tenantId, id, { circuitOverride: state })
      // Left to the results again it begins anew: who says so knows more than they do.
      if (state === 'auto') await runtime.forgetCircuits(tenantId, [subjectOf(row)])
      const agent = await toAgent(row)
      const [from, to] = [before.health.circuit, agent.health.circuit]
      if (from !== to) {
        const reason = state === 'auto' ? 'left to its results by an admin' : agent.health.circuitReason
        const change = { atMs: clock.nowMs(), subject: subjectOf(row), from, to, reason }
        await callLog.append({ tenantId, circuitChanges: [change] }, 'written')
        events.publish('agent.circuitChanged', { tenantId, change })
      }
      return agent
    },
    async 'voiceAgents.circuitChanges'(_actor, { tenantId, id, limit = 50, cursor }) {
      const agent = await getRow(store.voiceAgents, 'voice agent', tenantId, id)
      return calls.circuitChanges(tenantId, [subjectOf(agent), { kind: 'provider', id: agent.provider }], {
        limit,
        cursor,
      })
    },
    async 'voiceAgents.bulk'(_actor, { tenantId, action, ids, force }) {
      await assertTenant(deps, tenantId)
      const left = new Set<string>()
      if (action === 'delete') {
        for (const id of ids) {
          const agent = await store.voiceAgents.get(tenantId, id)
          if (agent) for (const groupId of await groupsLeft(agent, force)) left.add(groupId)
        }
      }
      const count = await store.bulk('voiceAgents', tenantId, ids, action, clock.nowMs())
      if (action === 'delete') await deleted(tenantId, ids, left)
      else await changed(tenantId, ids, 'updated')
      return { changed: count }
    },
  }
}
