import { ActionIcon, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useEffect, useEffectEvent, useRef, type ReactNode } from 'react'
import { isTyping } from './keyboard.ts'
import classes from './side-panel.module.css'

interface SidePanelProps {
  readonly label: string
  readonly header: ReactNode
  readonly children: ReactNode
  readonly onClose: () => void
}

/** Slides in from the right beside the list, which stays usable. Focus returns to where it was. */
export const SidePanel = ({ label, header, children, onClose }: SidePanelProps) => {
  const panel = useRef<HTMLElement>(null)
  const close = useEffectEvent(onClose)

  useEffect(() => {
    const before = document.activeElement
    const element = panel.current
    const onKey = (event: KeyboardEvent) => {
      const isElsewhere = document.querySelector('[role="dialog"][aria-modal="true"]') !== null
      if (event.key === 'Escape' && !event.defaultPrevented && !isElsewhere && !isTyping(event.target)) close()
    }
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('keydown', onKey)
      const isFocusLost = document.activeElement === document.body || element?.contains(document.activeElement)
      if (isFocusLost && before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])

  return (
    <aside ref={panel} className={classes.panel} aria-label={label}>
      <header className={classes.header}>
        <div className={classes.title}>{header}</div>
        <Tooltip label="Close (Esc)">
          <ActionIcon onClick={onClose} aria-label="Close">
            <IconX size={16} />
          </ActionIcon>
        </Tooltip>
      </header>
      <div className={classes.body}>{children}</div>
    </aside>
  )
}
