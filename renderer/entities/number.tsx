import type { ClipboardEvent } from 'react'
import { formatNumber } from './format-number.ts'
import classes from './entities.module.css'

/** Shown grouped, copied as E.164. */
export const PhoneNumber = ({ value }: { readonly value: string }) => {
  const copy = (event: ClipboardEvent<HTMLElement>) => {
    const selected = window.getSelection()?.toString() ?? ''
    // A selection that goes beyond the number is the reader's own; leave it as it is.
    if (selected.trim() !== formatNumber(value)) return
    event.preventDefault()
    event.clipboardData.setData('text/plain', value)
  }
  return (
    <span className={classes.number} title={value} onCopy={copy}>
      {formatNumber(value) || 'unknown'}
    </span>
  )
}
