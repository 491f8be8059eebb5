import { useEffect, useState } from 'react'
import { createScreenBatch } from '../../client/batch.ts'
import { useClient } from '../../client/use-client.ts'
import { followTenant } from './follow-tenant.ts'
import { createOverviewStore, type OverviewStore } from './overview-store.ts'

/** Follows one tenant's calls and decisions for as long as its overview is on screen. */
export const useOverview = (tenantId: string): OverviewStore => {
  const client = useClient()
  const [store] = useState(() => createOverviewStore(() => Date.now()))
  useEffect(() => followTenant(client, store, tenantId, createScreenBatch), [client, store, tenantId])
  return store
}
