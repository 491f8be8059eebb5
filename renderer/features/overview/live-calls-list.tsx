import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import { HeldList } from '../../ui/held-list.tsx'
import { WaitingPill } from '../../ui/waiting-pill.tsx'
import { LiveCallRow } from './live-call-row.tsx'
import { matches, rowLimit } from './live-calls.ts'
import type { OverviewStore } from './overview-store.ts'
import classes from './overview.module.css'

interface LiveCallsListProps {
  readonly store: OverviewStore
  readonly filter: string
  readonly onFilter: (text: string) => void
  readonly openCallId: string | undefined
  readonly onOpen: (callId: string) => void
  readonly empty: ReactNode
}

const CallColumns = () => (
  <div className={classes.callColumns} aria-hidden>
    <span>State</span>
    <span>From</span>
    <span>To</span>
    <span>Via</span>
    <span />
    <span className={classes.time}>Time</span>
  </div>
)

export const LiveCallsList = ({ store, filter, onFilter, openCallId, onOpen, empty }: LiveCallsListProps) => {
  const calls = useStore(store, (state) => state.calls)
  const rows = calls.rows.filter((row) => matches(row, filter))
  const waiting = calls.waiting.filter((row) => matches(row, filter))
  const live = calls.rows.filter((row) => row.endedSeenAtMs === undefined).length
  const isNothing = calls.rows.length === 0 && calls.waiting.length === 0 && calls.justEnded.length === 0

  return (
    <section className={classes.column} aria-labelledby="live-calls">
      <header className={classes.head}>
        <h2 id="live-calls">Live calls</h2>
        <span className={classes.quiet}>{calls.isCut ? `the newest ${live}` : live}</span>
        <WaitingPill
          count={waiting.length}
          isMore={waiting.length >= rowLimit}
          onLetIn={() => store.letCallsIn(true)}
        />
        {isNothing ? undefined : (
          <TextInput
            className={classes.filter}
            size="xs"
            placeholder="Number, agent or state"
            aria-label="Filter live calls"
            aria-keyshortcuts="/"
            data-filter
            leftSection={<IconSearch size={14} />}
            value={filter}
            onChange={(event) => onFilter(event.currentTarget.value)}
          />
        )}
      </header>
      {isNothing ? (
        empty
      ) : (
        <>
          <HeldList
            label="Live calls"
            columns={<CallColumns />}
            onHold={() => store.holdCalls()}
            onLetIn={(isHeld) => store.letCallsIn(isHeld)}
          >
            <ul>
              {rows.map((row) => (
                <LiveCallRow key={row.call.id} row={row} isOpen={row.call.id === openCallId} onOpen={onOpen} />
              ))}
            </ul>
            {rows.length === 0 ? (
              <p className={classes.none}>
                {filter ? 'No live call matches the filter.' : 'No call is going on right now.'}
              </p>
            ) : undefined}
            {calls.justEnded.length > 0 && filter === '' ? (
              <>
                <h3 className={classes.divider}>Just ended</h3>
                <ul>
                  {calls.justEnded.map((row) => (
                    <LiveCallRow key={row.call.id} row={row} isOpen={row.call.id === openCallId} onOpen={onOpen} />
                  ))}
                </ul>
              </>
            ) : undefined}
          </HeldList>
        </>
      )}
    </section>
  )
}
