import type { Role } from '../../../shared/vocabulary.ts'
import { DomainError } from '../../domain/errors.ts'

export type IsKnownTenant = (tenantId: string) => Promise<boolean>

/** Refuses a role for a tenant that cannot be, whoever is to have it: a user or an API token. */
export const assertBinding = async (
  { role, tenantId }: { readonly role: Role; readonly tenantId?: string | undefined },
  isKnownTenant: IsKnownTenant,
): Promise<void> => {
  if (tenantId === undefined) return
  if (role === 'owner')
    throw new DomainError(
      'INVALID_INPUT',
      'An owner holds for the whole site; choose the role admin or analyst for one tenant, or name no tenant',
    )
  if (!(await isKnownTenant(tenantId)))
    throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}; GET /api/v1/tenants lists them with their ids`)
}
