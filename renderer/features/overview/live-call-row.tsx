import { IconRepeat } from '@tabler/icons-react'
import { memo } from 'react'
import { CallStateMark } from '../../entities/call-state-mark.tsx'
import { viaWords } from '../../entities/call-words.ts'
import { PhoneNumber } from '../../entities/number.tsx'
import { onListKey } from '../../ui/list-keys.ts'
import { Elapsed } from '../../ui/time.tsx'
import type { LiveRow } from './live-calls.ts'
import classes from './overview.module.css'

interface LiveCallRowProps {
  readonly row: LiveRow
  readonly isOpen: boolean
  readonly onOpen: (callId: string) => void
}

/** Where the name of the group has to give way, the agent's stays readable. */
const Via = ({ call }: { readonly call: LiveRow['call'] }) => {
  const led = call.groupName ?? call.ruleName
  if (led === undefined && call.agentName === undefined) return <span className={classes.quiet}>not routed yet</span>
  return (
    <>
      {led === undefined ? undefined : <span className={classes.viaGroup}>{led}</span>}
      {call.agentName === undefined ? undefined : <span className={classes.viaAgent}>› {call.agentName}</span>}
    </>
  )
}

/** One call on one line; unchanged calls are not drawn again. */
export const LiveCallRow = memo(function LiveCallRow({
  row: { call, endedSeenAtMs },
  isOpen,
  onOpen,
}: LiveCallRowProps) {
  const hasEnded = endedSeenAtMs !== undefined
  return (
    <li>
      <button
        type="button"
        data-row
        onKeyDown={onListKey}
        className={classes.callRow}
        data-ended={hasEnded}
        aria-expanded={isOpen}
        onClick={() => onOpen(call.id)}
      >
        <CallStateMark state={call.state} />
        <PhoneNumber value={call.from} />
        <PhoneNumber value={call.to} />
        <span className={classes.via} title={viaWords(call)}>
          <Via call={call} />
        </span>
        <span
          className={classes.attempts}
          title={call.attemptCount > 1 ? `${call.attemptCount} agents dialled` : undefined}
        >
          {call.attemptCount > 1 ? (
            <>
              <IconRepeat size={13} aria-hidden /> {call.attemptCount}
              <span className={classes.hidden}> attempts</span>
            </>
          ) : undefined}
        </span>
        <span className={classes.time}>
          <Elapsed sinceMs={call.startedAtMs} untilMs={call.endedAtMs} />
        </span>
      </button>
    </li>
  )
})
