import { IconAlertTriangle, IconInfoCircle, IconPlugConnectedX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './notice.module.css'

const icons = { info: IconInfoCircle, warning: IconAlertTriangle, error: IconPlugConnectedX }

interface NoticeProps {
  readonly kind: keyof typeof icons
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

/** Says what is wrong and what to do, in place. */
export const Notice = ({ kind, title, children, action }: NoticeProps) => {
  const Icon = icons[kind]
  return (
    <div className={classes.notice} data-kind={kind} role={kind === 'info' ? 'note' : 'alert'}>
      <Icon size={16} className={classes.icon} aria-hidden />
      <div className={classes.text}>
        <strong>{title}</strong>
        {children ? <div className={classes.body}>{children}</div> : undefined}
      </div>
      {action}
    </div>
  )
}
