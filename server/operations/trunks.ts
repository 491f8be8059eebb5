import type { Handlers } from '../../shared/contract/index.ts'
import { isTrunkName } from '../domain/cxml/dialable.ts'
import { DomainError } from '../domain/errors.ts'
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
      const nowMs = clock.nowMs()
      const added: StoredTrunk[] = []
      const updated: StoredTrunk[] = []
      const differing: { id: string; name: string; changes: string[] }[] = []
      const vanished: { id: string; name: string }[] = []
      for (const { before, next, changes: what } of changes) {
        if (!before) {
          added.push(aTrunk(tenantId, next))
          continue
        }
        const { id } = before
        updated.push({ ...before, ...next, version: before.version + 1, updatedAtMs: nowMs })
        if (next.platformState === 'vanished') vanished.push({ id, name: next.name })
        else differing.push({ id, name: next.name, changes: [...what] })
      }
      if (changes.length > 0 && !(await trunks.bringUpToDate(tenantId, updated, added)))
        throw new DomainError('CONFLICT', 'A trunk was changed meanwhile, so nothing was stored; synchronise again')
      await changed(tenantId, [
        ...added.map(({ id }) => ({ id, change: 'created' as const })),
        ...updated.map(({ id }) => ({ id, change: 'updated' as const })),
      ])
      return {
        added: added.map(({ id, name }) => ({ id, name })),
        changed: differing,
        vanished,
        unchanged,
        skipped,
      }
    },
  }
}
