import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { Provider, StoredAgent, StoredTenant } from '../ports/configuration.ts'
import type { ConfigDeps } from './config-context.ts'
import { fitsProvider, wantedBy } from './dialable-agent.ts'
import { allOf, getRow, given, updateRow } from './rows.ts'

type ProviderHandlers = Pick<Handlers, Extract<keyof Handlers, `providers.${string}`>>

const valueKindOf = { service: 'e164', sip: 'sipUri', stream: 'wssUrl' } as const

const assertConsistent = ({ key, dialAs, valueKind }: Provider): void => {
  if (valueKind === valueKindOf[dialAs]) return
  const message = `Provider ${key} is dialled as ${dialAs}, which wants the value kind ${valueKindOf[dialAs]}, not ${valueKind}`
  throw new DomainError('INVALID_INPUT', message, [{ path: '/valueKind', message }])
}

const shown = 5

export const createProviderHandlers = ({ store, directory, events, clock, newId }: ConfigDeps): ProviderHandlers => {
  const agentsOf = async ({ key }: Provider): Promise<{ agent: StoredAgent; tenant: StoredTenant }[]> => {
    const found: { agent: StoredAgent; tenant: StoredTenant }[] = []
    for (const tenant of await allOf((query) => store.tenants.list(undefined, query))) {
      const agents = await allOf((query) => store.voiceAgents.list(tenant.id, { ...query, where: { provider: key } }))
      found.push(...agents.map((agent) => ({ agent, tenant })))
    }
    return found
  }

  const refuse = (agents: Awaited<ReturnType<typeof agentsOf>>, why: string, wayOut: string): void => {
    if (agents.length === 0) return
    const named = agents.slice(0, shown).map(({ agent, tenant }) => `${agent.name} of tenant ${tenant.name}`)
    const more = agents.length > named.length ? ` and ${agents.length - named.length} more` : ''
    throw new DomainError(
      'CONFLICT',
      `${why}: ${named.join(', ')}${more}; ${wayOut}`,
      agents.map(({ agent }) => ({ path: `/agents/${agent.id}`, message: `voice agent ${agent.name}` })),
    )
  }
  const assertNoAgents = async (provider: Provider): Promise<void> =>
    refuse(
      await agentsOf(provider),
      `Provider ${provider.key} is used by voice agents`,
      'move them to another provider first',
    )
  const assertAgentsFit = async (provider: Provider): Promise<void> =>
    refuse(
      (await agentsOf(provider)).filter(({ agent }) => !fitsProvider(provider, agent.value)),
      `Provider ${provider.key} would want ${wantedBy(provider)}, which these voice agents are not`,
      'change or move them first',
    )

  return {
    'providers.list': (_actor, { limit = 50, cursor, search, enabled }) =>
      store.providers.list(undefined, { limit, cursor, search, where: { enabled } }),
    async 'providers.create'(_actor, { key, ...rest }) {
      const nowMs = clock.nowMs()
      const fields = given(rest)
      const dialAs = fields.dialAs ?? 'service'
      const provider: Provider = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        key,
        displayName: key,
        dialAs,
        valueKind: valueKindOf[dialAs],
        credentials: dialAs === 'stream' ? 'none' : 'optional',
        enabled: true,
        help: '',
        ...fields,
      }
      assertConsistent(provider)
      await store.providers.create(provider)
      await directory.reloadProviders()
      events.publish('provider.changed', { id: provider.id, change: 'created' })
      return provider
    },
    async 'providers.update'(_actor, { id, version, ...rest }) {
      const before = await getRow(store.providers, 'provider', undefined, id)
      const next = { ...before, ...given(rest) }
      assertConsistent(next)
      if (next.key !== before.key) await assertNoAgents(before)
      else if (next.dialAs !== before.dialAs || next.valueKind !== before.valueKind) await assertAgentsFit(next)
      const row = await updateRow(store.providers, 'provider', version, next, clock.nowMs())
      await directory.reloadProviders()
      events.publish('provider.changed', { id, change: 'updated' })
      return row
    },
  }
}
