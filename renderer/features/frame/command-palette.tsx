import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import {
  IconBook,
  IconBuilding,
  IconKeyboard,
  IconLogout,
  IconPlug,
  IconPlus,
  IconSearch,
  IconSunMoon,
} from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient, useOperation, useSession } from '../../client/use-client.ts'
import { CallStateIcon } from '../../entities/call-state-mark.tsx'
import { stateWords, viaWords } from '../../entities/call-words.ts'
import { formatNumber } from '../../entities/format-number.ts'
import { useTenants } from '../../entities/tenants.ts'
import { navigation } from '../../navigation.ts'
import { useColorSchemeToggle } from './top-bar.tsx'

interface CommandPaletteProps {
  readonly tenantId: string | undefined
  readonly onHelp: () => void
}

/** The live calls of the tenant, read when the palette opens. */
const useCallActions = (tenantId: string | undefined, isOpen: boolean): SpotlightActionGroupData => {
  const navigate = useNavigate()
  const calls = useOperation(
    'calls.live',
    { tenantId: tenantId ?? '', limit: 50 },
    { enabled: isOpen && tenantId !== undefined, staleTime: 2000 },
  )
  return {
    group: 'Live calls',
    actions: (calls.data?.items ?? []).map((call) => ({
      id: `call-${call.id}`,
      label: `${formatNumber(call.from)} → ${formatNumber(call.to)}`,
      description: [stateWords[call.state], viaWords(call)].filter(Boolean).join(' · '),
      keywords: [call.from, call.to, call.token],
      leftSection: <CallStateIcon state={call.state} />,
      onClick: () =>
        void navigate({ to: '/t/$tenantId/overview', params: { tenantId: call.tenantId }, search: { call: call.id } }),
    })),
  }
}

const useTenantActions = (tenantId: string | undefined): SpotlightActionGroupData => {
  const navigate = useNavigate()
  const others = useTenants().data?.items.filter((tenant) => tenant.id !== tenantId) ?? []
  return {
    group: 'Tenants',
    actions: others.map((tenant) => ({
      id: `tenant-${tenant.id}`,
      label: tenant.name,
      description: tenant.domain,
      leftSection: <IconBuilding size={16} />,
      onClick: () => void navigate({ to: '/t/$tenantId/overview', params: { tenantId: tenant.id } }),
    })),
  }
}

export const CommandPalette = ({ tenantId, onHelp }: CommandPaletteProps) => {
  const navigate = useNavigate()
  const client = useClient()
  const session = useSession()
  const { next, toggle } = useColorSchemeToggle()
  const [isOpen, setOpen] = useState(false)
  const role = session.status === 'signed-in' ? session.actor.role : 'analyst'

  const rooms = {
    group: 'Go to',
    actions:
      tenantId === undefined
        ? []
        : navigation.flatMap((group) =>
            group.entries.map(({ label, to, icon: Icon, letter }) => ({
              id: `go-${label}`,
              label,
              rightSection: <kbd>g {letter}</kbd>,
              leftSection: <Icon size={16} />,
              onClick: () => void navigate({ to, params: { tenantId } }),
            })),
          ),
  }
  const actions = {
    group: 'Actions',
    actions: [
      ...(tenantId !== undefined && role !== 'analyst'
        ? [
            {
              id: 'connect',
              label: 'Connect Cloudonix',
              description: 'The URLs to enter at Cloudonix for this tenant',
              leftSection: <IconPlug size={16} />,
              onClick: () => void navigate({ to: '/t/$tenantId/connect', params: { tenantId } }),
            },
          ]
        : []),
      ...(role === 'owner'
        ? [
            {
              id: 'new-tenant',
              label: 'New tenant',
              leftSection: <IconPlus size={16} />,
              onClick: () => void navigate({ to: '/tenants/new' }),
            },
          ]
        : []),
      {
        id: 'colours',
        label: `Use ${next} colours`,
        keywords: ['theme', 'dark', 'light'],
        leftSection: <IconSunMoon size={16} />,
        onClick: toggle,
      },
      { id: 'shortcuts', label: 'Keyboard shortcuts', leftSection: <IconKeyboard size={16} />, onClick: onHelp },
      ...(client.session
        ? [
            {
              id: 'docs',
              label: 'API reference',
              leftSection: <IconBook size={16} />,
              onClick: () => void window.open('/docs', '_blank', 'noreferrer'),
            },
            {
              id: 'sign-out',
              label: 'Sign out',
              leftSection: <IconLogout size={16} />,
              onClick: () => void client.session?.signOut(),
            },
          ]
        : []),
    ],
  }

  const groups = [rooms, useCallActions(tenantId, isOpen), useTenantActions(tenantId), actions]
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      limit={30}
      nothingFound="Nothing here is called that."
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Search or jump to…',
        'aria-label': 'Search or jump to',
      }}
      shortcut="mod + K"
      scrollable
      maxHeight={440}
      lockScroll={false}
      centered={false}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
    />
  )
}
