import Type from 'typebox'
import { CallFilters } from './calls.ts'
import { closed, Id, listFields, Name, Page, rowFields, RowScope, TenantScope, Version } from './fields.ts'
import type { Operation } from './operation.ts'

/** Filters of calls under a name. They are of the tenant: whoever may read its calls sees and changes them. */

const fields = { name: Name, filter: CallFilters }
export const SavedFilter = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type SavedFilter = Type.Static<typeof SavedFilter>

const path = '/api/v1/tenants/:tenantId/saved-filters'

export const savedFilterOperations = {
  'savedFilters.list': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'List saved filters of calls by name',
    input: Type.Object({ ...TenantScope, ...listFields }, closed),
    output: Page(SavedFilter),
  },
  'savedFilters.create': {
    method: 'POST',
    path,
    access: 'analyst',
    summary: 'Save filters of calls under a name',
    status: 201,
    input: Type.Object({ ...TenantScope, ...fields }, closed),
    output: SavedFilter,
  },
  'savedFilters.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Read a saved filter',
    input: Type.Object(RowScope, closed),
    output: SavedFilter,
  },
  'savedFilters.update': {
    method: 'PATCH',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Rename a saved filter, or put other filters in place of all of its own',
    input: Type.Object({ ...RowScope, version: Version, ...Type.Partial(Type.Object(fields)).properties }, closed),
    output: SavedFilter,
  },
  'savedFilters.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Delete a saved filter',
    input: Type.Object(RowScope, closed),
  },
} as const satisfies Record<string, Operation>
