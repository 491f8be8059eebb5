import { useOperation } from '../client/use-client.ts'

const rememberedKey = 'switchyard.tenant'

/** The tenant looked at last on this computer. Storage can be forbidden; then the first tenant is as good. */
export const rememberedTenantId = (): string | undefined => {
  try {
    return localStorage.getItem(rememberedKey) ?? undefined
  } catch {
    return undefined
  }
}

export const rememberTenantId = (id: string): void => {
  try {
    localStorage.setItem(rememberedKey, id)
  } catch {
    return
  }
}

export const useTenants = () => useOperation('tenants.list', { limit: 200 }, { staleTime: 60_000 })

export const useTenant = (tenantId: string | undefined) =>
  useTenants().data?.items.find((tenant) => tenant.id === tenantId)
