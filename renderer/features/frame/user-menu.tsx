import { ActionIcon, Menu } from '@mantine/core'
import { IconBook, IconLogout, IconUserCircle } from '@tabler/icons-react'
import { useClient, useSession } from '../../client/use-client.ts'
import { useSystemInfo } from '../../entities/health.ts'

const roleWords = { owner: 'Owner of this site', admin: 'Administrator', analyst: 'Analyst, reads only' } as const

export const UserMenu = () => {
  const client = useClient()
  const state = useSession()
  const info = useSystemInfo().data
  if (state.status !== 'signed-in') return undefined
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`Signed in as ${state.actor.name}`}>
          <IconUserCircle size={18} stroke={1.75} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {state.actor.name} · {roleWords[state.actor.role]}
        </Menu.Label>
        {client.session ? (
          <Menu.Item leftSection={<IconBook size={14} />} component="a" href="/docs" target="_blank" rel="noreferrer">
            API reference
          </Menu.Item>
        ) : undefined}
        {client.session ? (
          <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void client.session?.signOut()}>
            Sign out
          </Menu.Item>
        ) : undefined}
        {info ? <Menu.Label>Switchyard {info.version}</Menu.Label> : undefined}
      </Menu.Dropdown>
    </Menu>
  )
}
