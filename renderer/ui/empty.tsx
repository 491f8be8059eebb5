import type { ReactNode } from 'react'
import classes from './empty.module.css'

interface EmptyProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** An empty place says what it is for and how it gets filled. */
export const Empty = ({ title, children, action }: EmptyProps) => (
  <div className={classes.empty}>
    <h3 className={classes.title}>{title}</h3>
    <div className={classes.body}>{children}</div>
    {action ? <div className={classes.action}>{action}</div> : undefined}
  </div>
)
