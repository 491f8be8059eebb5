import classes from './held-list.module.css'

interface WaitingPillProps {
  readonly count: number
  /** The count stopped there; more than that wait. */
  readonly isMore?: boolean
  readonly onLetIn: () => void
}

/** How many rows wait behind a list that is held. */
export const WaitingPill = ({ count, isMore = false, onLetIn }: WaitingPillProps) =>
  count > 0 ? (
    <button type="button" className={classes.waiting} onClick={onLetIn}>
      {count}
      {isMore ? '+' : ''} new
    </button>
  ) : undefined
