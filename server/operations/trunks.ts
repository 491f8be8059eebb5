import type { Handlers } from '../../shared/contract/index.ts'
import { isTrunkName } from '../domain/cxml/dialable.ts'
import type { Cloudonix } from '../ports/cloudonix.ts'
import type { StoredTrunk } from '../ports/configuration.ts'
import { platformDomainOf } from './cloudonix.ts'
import { assertTenant, assertUnused, type ConfigDeps } from './config-context.ts'
import { refuse } from './patterns.ts'
import { allOf, getRow, given, updateRow } from './rows.ts'
import { compareTrunks } from './trunk-sync.ts'

type TrunkHandlers = Pick<Handlers, Extract<keyof Handlers, `trunks.${string}`>>

const noun = 'trunk'

const assertName = (name: string | undefined): void => {
  if (name !== undefined && !isTrunkName(name))
    refuse('/name', `"${name}" is no trunk name; write it as at Cloudonix, in letters, digits and hyphens`)
}

export const createTrunkHandlers = (deps: ConfigDeps, cloudonix: Pick<Cloudonix, 'listTrunks'>): TrunkHandlers => {
  const { store, directory, events, clock, newId } = deps
  const { trunks } = store
  const changed = async (
    tenantId: string,
    told: readonly { readonly id: string; readonly change: 'created' | 'updated' | 'deleted' }[],
  ): Promise<void> => {
    await directory.reload(tenantId)
    for (const { id, change } of told) events.publish('trunk.changed', { tenantId, id, change })
  }
  const aTrunk = (tenantId: string, fields: Partial<StoredTrunk> & Pick<StoredTrunk, 'name'>): StoredTrunk => {
    const nowMs = clock.nowMs()
    return {
      direction: 'outbound',
      priority: 100,
      enabled: true,
      isDefault: false,
      ...fields,
      id: newId(),
      version: 1,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      tenantId,
    }
  }

  return {
    async 'trunks.list'(_actor, { tenantId, limit = 50, cursor, search, enabled }) {
      await assertTenant(deps, tenantId)
      return trunks.list(tenantId, { limit, cursor, search, where: { enabled } })
    },
    async 'trunks.create'(_actor, { tenantId, name, ...rest }) {
      await assertTenant(deps, tenantId)
      assertName(name)
      const trunk = aTrunk(tenantId, { ...given(rest), name })
      await trunks.create(trunk)
      await changed(tenantId, [{ id: trunk.id, change: 'created' }])
      return trunk
    },
    'trunks.get': (_actor, { tenantId, id }) => getRow(trunks, noun, tenantId, id),
    async 'trunks.update'(_actor, { tenantId, id, version, ...rest }) {
      const before = await getRow(trunks, noun, tenantId, id)
      if (rest.name !== before.name) assertName(rest.name)
      const row = await updateRow(trunks, noun, version, { ...before, ...given(rest) }, clock.nowMs())
      await changed(tenantId, [{ id, change: 'updated' }])
      return row
    },
    async 'trunks.delete'(_actor, { tenantId, id, force }) {
      const { name } = await getRow(trunks, noun, tenantId, id)
      assertUnused('Trunk', name, await store.usersOf(tenantId, 'trunk', id), force)
      await trunks.delete(tenantId, id)
      await changed(tenantId, [{ id, change: 'deleted' }])
      return undefined
    },
    async 'trunks.sync'(_actor, { tenantId }) {
      const platform = await cloudonix.listTrunks(platformDomainOf(directory, tenantId))
      const stored = await allOf((query) => trunks.list(tenantId, query))
      const { changes, unchanged, skipped } = compareTrunks(stored, platform)
      const added: { id: string; name: string }[] = []
      const differing: { id: string; name: string; changes: string[] }[] = []
      const vanished: { id: string; name: string }[] = []
      for (const { before, next, changes: what } of changes) {
        if (!before) {
          const trunk = aTrunk(tenantId, next)
          await trunks.create(trunk)
          added.push({ id: trunk.id, name: trunk.name })
          continue
        }
        const { id, name } = await updateRow(trunks, noun, before.version, { ...before, ...next }, clock.nowMs())
        if (next.platformState === 'vanished') vanished.push({ id, name })
        else differing.push({ id, name, changes: [...what] })
      }
      await changed(tenantId, [
        ...added.map(({ id }) => ({ id, change: 'created' as const })),
        ...[...differing, ...vanished].map(({ id }) => ({ id, change: 'updated' as const })),
      ])
      return { added, changed: differing, vanished, unchanged, skipped }
    },
  }
}
