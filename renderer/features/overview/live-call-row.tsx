import { IconRepeat } from '@tabler/icons-react'
import { memo } from 'react'
import { CallStateMark } from '../../entities/call-state-mark.tsx'
import { viaWords } from '../../entities/call-words.ts'
import { PhoneNumber } from '../../entities/number.tsx'
import { Ago, Elapsed } from '../../ui/time.tsx'
import type { LiveRow } from './live-calls.ts'
import classes from './overview.module.css'

interface LiveCallRowProps {
  readonly row: LiveRow
  readonly isOpen: boolean
  readonly onOpen: (callId: string) => void
}

/** One call on one line; unchanged calls are not drawn again. */
export const LiveCallRow = memo(function LiveCallRow({ row: { call, endedSeenAtMs }, isOpen, onOpen }: LiveCallRowProps) {
  const hasEnded = endedSeenAtMs !== undefined
  return (
    <li>
      <button
        type="button"
        data-row
        className={classes.callRow}
        data-ended={hasEnded}
        aria-expanded={isOpen}
        onClick={() => onOpen(call.id)}
      >
        <CallStateMark state={call.state} />
        <PhoneNumber value={call.from} />
        <PhoneNumber value={call.to} />
        <span className={classes.via} title={viaWords(call)}>
          {viaWords(call) || <span className={classes.quiet}>not routed yet</span>}
        </span>
        <span className={classes.attempts} title={call.attemptCount > 1 ? `${call.attemptCount} agents dialled` : undefined}>
          {call.attemptCount > 1 ? (
            <>
              <IconRepeat size={13} aria-hidden /> {call.attemptCount}
              <span className={classes.hidden}> attempts</span>
            </>
          ) : undefined}
        </span>
        <span className={classes.time}>
          {hasEnded && call.endedAtMs !== undefined ? (
            <Ago atMs={call.endedAtMs} />
          ) : (
            <Elapsed sinceMs={call.startedAtMs} untilMs={call.endedAtMs} />
          )}
        </span>
      </button>
    </li>
  )
})
