import { useStore } from 'zustand'
import { HeldList } from '../../ui/held-list.tsx'
import { WaitingPill } from '../../ui/waiting-pill.tsx'
import { DecisionRow } from './decision-row.tsx'
import type { OverviewStore } from './overview-store.ts'
import classes from './overview.module.css'

interface DecisionsListProps {
  readonly store: OverviewStore
  readonly openDecisionId: string | undefined
  readonly onOpen: (callId: string, decisionId: string) => void
}

const DecisionColumns = () => (
  <div className={classes.decisionColumns} aria-hidden>
    <span />
    <span>What was decided, and why</span>
    <span className={classes.time}>When</span>
  </div>
)

export const DecisionsList = ({ store, openDecisionId, onOpen }: DecisionsListProps) => {
  const decisions = useStore(store, (state) => state.decisions)
  return (
    <section className={classes.column} aria-labelledby="latest-decisions">
      <header className={classes.head}>
        <h2 id="latest-decisions">Latest decisions</h2>
        {decisions.rows.length > 0 ? (
          <span className={classes.quiet}>the last {decisions.rows.length}</span>
        ) : undefined}
        <WaitingPill count={decisions.waitingCount} onLetIn={() => store.letDecisionsIn(true)} />
      </header>
      <HeldList
        label="Latest decisions"
        columns={<DecisionColumns />}
        onHold={() => store.holdDecisions()}
        onLetIn={(isHeld) => store.letDecisionsIn(isHeld)}
      >
        <ul>
          {decisions.rows.map((row) => (
            <DecisionRow key={row.decision.id} row={row} isOpen={row.decision.id === openDecisionId} onOpen={onOpen} />
          ))}
        </ul>
        {decisions.rows.length === 0 ? (
          <p className={classes.none}>Every routing decision appears here with its reason, as it is made.</p>
        ) : undefined}
      </HeldList>
    </section>
  )
}
