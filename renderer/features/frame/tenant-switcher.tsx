import { Menu } from '@mantine/core'
import { IconCheck, IconChevronDown, IconPlug, IconPlus, IconRouteSquare } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useSession } from '../../client/use-client.ts'
import { useTenants } from '../../entities/tenants.ts'
import classes from './frame.module.css'

export const TenantSwitcher = ({ tenantId }: { readonly tenantId: string | undefined }) => {
  const navigate = useNavigate()
  const tenants = useTenants().data?.items ?? []
  const current = tenants.find((tenant) => tenant.id === tenantId)
  const session = useSession()
  const role = session.status === 'signed-in' ? session.actor.role : 'analyst'

  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className={classes.tenant}
          title="Switch tenant"
          aria-label={`Tenant: ${current?.name ?? 'none'}`}
        >
          <IconRouteSquare size={18} className={classes.mark} aria-hidden />
          <span className={classes.tenantName}>{current?.name ?? 'Switchyard'}</span>
          <IconChevronDown size={14} className={classes.chevron} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {tenants.length > 0 ? <Menu.Label>Tenants</Menu.Label> : undefined}
        {tenants.map((tenant) => (
          <Menu.Item
            key={tenant.id}
            rightSection={tenant.id === tenantId ? <IconCheck size={14} aria-label="current" /> : undefined}
            onClick={() => void navigate({ to: '/t/$tenantId/overview', params: { tenantId: tenant.id } })}
          >
            {tenant.name}
          </Menu.Item>
        ))}
        {current && role !== 'analyst' ? (
          <>
            <Menu.Divider />
            <Menu.Item
              leftSection={<IconPlug size={14} />}
              onClick={() => void navigate({ to: '/t/$tenantId/connect', params: { tenantId: current.id } })}
            >
              Connect Cloudonix
            </Menu.Item>
          </>
        ) : undefined}
        {role === 'owner' ? (
          <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => void navigate({ to: '/tenants/new' })}>
            New tenant
          </Menu.Item>
        ) : undefined}
      </Menu.Dropdown>
    </Menu>
  )
}
