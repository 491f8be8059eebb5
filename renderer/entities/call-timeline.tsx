import { IconArrowsSplit2, IconPhoneOutgoing, IconWebhook } from '@tabler/icons-react'
import type { CallDetail } from '../../shared/contract/calls.ts'
import { formatClock, formatExact, formatOffset } from '../ui/format-time.ts'
import { useTimeZone } from '../ui/time.tsx'
import { CallStateIcon } from './call-state-mark.tsx'
import classes from './call-timeline.module.css'
import { timelineOf, type TimelineEntry } from './timeline.ts'

const Icon = ({ entry }: { readonly entry: TimelineEntry }) => {
  if (entry.state !== undefined) return <CallStateIcon state={entry.state} />
  if (entry.kind === 'webhook') return <IconWebhook size={14} aria-hidden />
  if (entry.kind === 'attempt') return <IconPhoneOutgoing size={14} aria-hidden />
  return <IconArrowsSplit2 size={14} aria-hidden />
}

export const CallTimeline = ({ call }: { readonly call: CallDetail }) => {
  const timeZone = useTimeZone()
  return (
    <ol className={classes.timeline}>
      {timelineOf(call).map((entry) => (
        <li key={entry.key} className={classes.entry} data-ignored={entry.isIgnored} data-kind={entry.kind}>
          <time
            dateTime={new Date(entry.atMs).toISOString()}
            title={formatExact(entry.atMs, timeZone)}
            className={classes.clock}
          >
            {formatClock(entry.atMs, timeZone)}
          </time>
          <span className={classes.offset}>{formatOffset(entry.atMs - call.startedAtMs)}</span>
          <span className={classes.icon}>
            <Icon entry={entry} />
          </span>
          <span>
            {entry.title}
            {entry.times > 1 ? <span className={classes.detail}> × {entry.times}</span> : undefined}
            {entry.detail === undefined ? undefined : <span className={classes.detail}> {entry.detail}</span>}
          </span>
        </li>
      ))}
    </ol>
  )
}
