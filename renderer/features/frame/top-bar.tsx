import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { IconKeyboard, IconMoon, IconSearch, IconSun } from '@tabler/icons-react'
import classes from './frame.module.css'
import { StatusPill } from './status-pill.tsx'
import { UserMenu } from './user-menu.tsx'

export const useColorSchemeToggle = () => {
  const scheme = useComputedColorScheme('light')
  const { setColorScheme } = useMantineColorScheme()
  const next = scheme === 'dark' ? 'light' : 'dark'
  return { next, toggle: () => setColorScheme(next) } as const
}

const modifier = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl'

export const TopBar = ({ onHelp }: { readonly onHelp: () => void }) => {
  const { next, toggle } = useColorSchemeToggle()
  return (
    <header className={classes.bar}>
      <button
        type="button"
        className={classes.search}
        onClick={() => spotlight.open()}
        aria-keyshortcuts="Control+K Meta+K"
      >
        <IconSearch size={14} aria-hidden />
        Search or jump to…
        <kbd>{modifier} K</kbd>
      </button>
      <StatusPill />
      <Tooltip label="Keyboard shortcuts (?)">
        <ActionIcon onClick={onHelp} aria-label="Keyboard shortcuts">
          <IconKeyboard size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`Use ${next} colours`}>
        <ActionIcon onClick={toggle} aria-label={`Use ${next} colours`}>
          {next === 'dark' ? <IconMoon size={18} stroke={1.75} /> : <IconSun size={18} stroke={1.75} />}
        </ActionIcon>
      </Tooltip>
      <UserMenu />
    </header>
  )
}
