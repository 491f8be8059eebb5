import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { Provider } from '../ports/configuration.ts'
import type { ConfigDeps } from './config-context.ts'
import { getRow, given, updateRow } from './rows.ts'

type ProviderHandlers = Pick<Handlers, Extract<keyof Handlers, `providers.${string}`>>

const valueKindOf = { service: 'e164', sip: 'sipUri', stream: 'wssUrl' } as const

const assertConsistent = ({ key, dialAs, valueKind }: Provider): void => {
  if (valueKind === valueKindOf[dialAs]) return
  const message = `Provider ${key} is dialled as ${dialAs}, which wants the value kind ${valueKindOf[dialAs]}, not ${valueKind}`
  throw new DomainError('INVALID_INPUT', message, [{ path: '/valueKind', message }])
}

export const createProviderHandlers = ({ store, directory, events, clock, newId }: ConfigDeps): ProviderHandlers => ({
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
    if (rest.key !== undefined && rest.key !== before.key) {
      for (const { tenant } of directory.all()) {
        const users = await store.voiceAgents.list(tenant.id, { limit: 1, where: { provider: before.key } })
        if (users.items[0]) {
          throw new DomainError(
            'CONFLICT',
            `Provider ${before.key} is used by voice agent ${users.items[0].name} of tenant ${tenant.name}; move it to another provider first`,
          )
        }
      }
    }
    const next = { ...before, ...given(rest) }
    assertConsistent(next)
    const row = await updateRow(store.providers, 'provider', version, next, clock.nowMs())
    await directory.reloadProviders()
    events.publish('provider.changed', { id, change: 'updated' })
    return row
  },
})
