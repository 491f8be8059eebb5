import type { Handlers } from '../../shared/contract/index.ts'
import type { SavedFilter } from '../../shared/contract/saved-filters.ts'
import type { ConfigurationStore } from '../ports/configuration.ts'
import type { Clock, NewId } from '../ports/system.ts'
import { getRow, given, updateRow } from './rows.ts'
import { assertKnownTenant, type TenantDirectory } from './tenant-directory.ts'

type SavedFilterHandlers = Pick<Handlers, Extract<keyof Handlers, `savedFilters.${string}`>>

const noun = 'saved filter'

export const createSavedFilterHandlers = ({
  store: { savedFilters },
  directory,
  clock,
  newId,
}: {
  readonly store: Pick<ConfigurationStore, 'savedFilters'>
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly clock: Clock
  readonly newId: NewId
}): SavedFilterHandlers => ({
  async 'savedFilters.list'(_actor, { tenantId, limit = 50, cursor, search }) {
    assertKnownTenant(directory, tenantId)
    return savedFilters.list(tenantId, { limit, cursor, search })
  },
  async 'savedFilters.create'(_actor, { tenantId, ...fields }) {
    assertKnownTenant(directory, tenantId)
    const nowMs = clock.nowMs()
    const row: SavedFilter = { id: newId(), version: 1, createdAtMs: nowMs, updatedAtMs: nowMs, tenantId, ...fields }
    await savedFilters.create(row)
    return row
  },
  'savedFilters.get': (_actor, { tenantId, id }) => getRow(savedFilters, noun, tenantId, id),
  async 'savedFilters.update'(_actor, { tenantId, id, version, ...change }) {
    const before = await getRow(savedFilters, noun, tenantId, id)
    return updateRow(savedFilters, noun, version, { ...before, ...given(change) }, clock.nowMs())
  },
  async 'savedFilters.delete'(_actor, { tenantId, id }) {
    await getRow(savedFilters, noun, tenantId, id)
    await savedFilters.delete(tenantId, id)
    return undefined
  },
})
