import { Button } from '@mantine/core'
import { Navigate } from '@tanstack/react-router'
import { useSession } from '../../client/use-client.ts'
import { rememberedTenantId, useTenants } from '../../entities/tenants.ts'
import { Empty } from '../../ui/empty.tsx'
import { Notice } from '../../ui/notice.tsx'
import classes from './tenants.module.css'

/** Goes to the tenant looked at last, or to the first; where there is none, to creating one. */
export const Home = () => {
  const tenants = useTenants()
  const session = useSession()
  const isOwner = session.status === 'signed-in' && session.actor.role === 'owner'

  if (tenants.isError) {
    return (
      <div className={classes.page}>
        <Notice
          kind="error"
          title="The tenants could not be read"
          action={
            <Button variant="default" onClick={() => void tenants.refetch()}>
              Try again
            </Button>
          }
        >
          {tenants.error.message}
        </Notice>
      </div>
    )
  }
  if (!tenants.data) return undefined
  const remembered = rememberedTenantId()
  const chosen = tenants.data.items.find((tenant) => tenant.id === remembered) ?? tenants.data.items[0]
  if (chosen) return <Navigate to="/t/$tenantId/overview" params={{ tenantId: chosen.id }} replace />
  if (isOwner) return <Navigate to="/tenants/new" replace />
  return (
    <Empty title="There is no tenant yet">
      <p>Only the owner of this site can create one. Ask them, then reload this page.</p>
    </Empty>
  )
}
