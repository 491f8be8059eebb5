import { IconArrowRight, IconRepeat } from '@tabler/icons-react'
import { memo } from 'react'
import { isFailover, triggerWords } from '../../entities/decision-words.ts'
import { onListKey } from '../../ui/list-keys.ts'
import { Ago } from '../../ui/time.tsx'
import type { DecisionRow as Row } from './latest-decisions.ts'
import classes from './overview.module.css'

interface DecisionRowProps {
  readonly row: Row
  readonly isOpen: boolean
  readonly onOpen: (callId: string, decisionId: string) => void
}

export const DecisionRow = memo(function DecisionRow({ row: { callId, decision }, isOpen, onOpen }: DecisionRowProps) {
  const Icon = isFailover(decision) ? IconRepeat : IconArrowRight
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
        <span className={classes.trigger} data-failover={isFailover(decision)} title={triggerWords(decision)}>
          <Icon size={14} aria-hidden />
          <span className={classes.hidden}>{triggerWords(decision)}: </span>
        </span>
        <span className={classes.sentence} title={decision.explanation.summary}>
          {decision.explanation.summary}
        </span>
        <Ago atMs={decision.atMs} className={classes.time} />
      </button>
    </li>
  )
})
