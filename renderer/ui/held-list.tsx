import { useEffect, useEffectEvent, useRef, type ReactNode } from 'react'
import classes from './held-list.module.css'

interface HeldListProps {
  readonly label: string
  /** Somebody points at the list or has the focus in it: nothing in it may move. */
  readonly onHold: () => void
  /** Lets in what waited; `isHeld` says whether somebody still points at it. */
  readonly onLetIn: (isHeld: boolean) => void
  /** Names of the columns; they stay in sight. */
  readonly columns: ReactNode
  readonly children: ReactNode
}

/** A live list whose rows keep their place while somebody is in it. */
export const HeldList = ({ label, onHold, onLetIn, columns, children }: HeldListProps) => {
  const isPointed = useRef(false)
  const isFocused = useRef(false)
  const leave = () => {
    if (!isPointed.current && !isFocused.current) onLetIn(false)
  }
  // A list that goes away under the pointer is left without an event.
  const release = useEffectEvent(() => onLetIn(false))
  useEffect(() => () => release(), [])
  return (
    <div
      role="group"
      data-list
      aria-label={label}
      className={classes.held}
      onPointerEnter={() => {
        isPointed.current = true
        onHold()
      }}
      onPointerLeave={() => {
        isPointed.current = false
        leave()
      }}
      onFocus={(event) => {
        // A row clicked with the pointer keeps the list only while the pointer is there or the keyboard is used.
        isFocused.current = event.target.matches(':focus-visible')
        if (isFocused.current) onHold()
      }}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return
        isFocused.current = false
        leave()
      }}
    >
      <div className={classes.columns}>{columns}</div>
      {children}
    </div>
  )
}
