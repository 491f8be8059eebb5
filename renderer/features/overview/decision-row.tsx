import { IconArrowRight, IconPhoneOff, IconRepeat } from '@tabler/icons-react'
import { memo } from 'react'
import { kindOf, kindWords, type DecisionNews } from '../../entities/decision-words.ts'
import { PhoneNumber } from '../../entities/number.tsx'
import { onListKey } from '../../ui/list-keys.ts'
import { Ago } from '../../ui/time.tsx'
import type { DecisionRow as Row } from './latest-decisions.ts'
import classes from './overview.module.css'

const icons = { first: IconArrowRight, failover: IconRepeat, end: IconPhoneOff }

/** Whose call it is, where the decision knows. */
const Numbers = ({ explanation: { from, to } }: DecisionNews) =>
  from && to ? (
    <span className={classes.numbers}>
      <PhoneNumber value={from.number} /> → <PhoneNumber value={to.number} />
    </span>
  ) : undefined

interface DecisionRowProps {
  readonly row: Row
  readonly isOpen: boolean
  readonly onOpen: (callId: string, decisionId: string) => void
}

export const DecisionRow = memo(function DecisionRow({ row: { callId, decision }, isOpen, onOpen }: DecisionRowProps) {
  const kind = kindOf(decision)
  const Icon = icons[kind]
  return (
    <li>
      <button
        type="button"
        data-row
        onKeyDown={onListKey}
        className={classes.decisionRow}
        aria-expanded={isOpen}
        onClick={() => onOpen(callId, decision.id)}
      >
        <span className={classes.trigger} data-kind={kind} title={kindWords[kind]}>
          <Icon size={14} aria-hidden />
          <span className={classes.hidden}>{kindWords[kind]}: </span>
        </span>
        <span className={classes.story} title={decision.explanation.summary}>
          <span className={classes.sentence} data-alone={!(decision.explanation.from && decision.explanation.to)}>
            {decision.explanation.summary}
          </span>
          <Numbers {...decision} />
        </span>
        <Ago atMs={decision.atMs} className={classes.time} />
      </button>
    </li>
  )
})
