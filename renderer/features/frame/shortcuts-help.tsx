import { Kbd, Modal } from '@mantine/core'
import { Fragment } from 'react'
import { navigation } from '../../navigation.ts'
import classes from './frame.module.css'

interface Shortcut {
  readonly keys: readonly string[]
  readonly does: string
}

const groups: readonly { readonly label: string; readonly shortcuts: readonly Shortcut[] }[] = [
  {
    label: 'Anywhere',
    shortcuts: [
      { keys: ['Ctrl/⌘', 'K'], does: 'search, jump, act' },
      { keys: ['?'], does: 'this list' },
      { keys: ['Esc'], does: 'close what is open' },
    ],
  },
  {
    label: 'Go',
    shortcuts: navigation.flatMap(({ entries }) =>
      entries.map(({ label, letter }) => ({ keys: ['g', letter], does: label })),
    ),
  },
  {
    label: 'Lists',
    shortcuts: [
      { keys: ['/'], does: 'filter' },
      { keys: ['j', 'k'], does: 'next and previous row; arrows do too' },
      { keys: ['Enter'], does: 'open the row' },
      { keys: ['w'], does: 'why: open its explanation' },
    ],
  },
]

export const ShortcutsHelp = ({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) => (
  <Modal
    opened={isOpen}
    onClose={onClose}
    title="Keyboard shortcuts"
    size="sm"
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    {groups.map((group) => (
      <section key={group.label} aria-label={group.label}>
        <h3 className={classes.shortcutGroup}>{group.label}</h3>
        <dl className={classes.shortcuts}>
          {group.shortcuts.map(({ keys, does }) => (
            <Fragment key={does}>
              <dt>
                {keys.map((key) => (
                  <Fragment key={key}>
                    <Kbd>{key}</Kbd>{' '}
                  </Fragment>
                ))}
              </dt>
              <dd>{does}</dd>
            </Fragment>
          ))}
        </dl>
      </section>
    ))}
  </Modal>
)
