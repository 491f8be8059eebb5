import type { KeyboardEvent } from 'react'
import { hasModifier, isTyping, nextIndex } from './keyboard.ts'

const rowsOf = (list: Element): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[data-row]')]

/** Arrows and j/k move the focus between the rows of a list; Enter is the row's own, `w` opens it too. */
export const onListKey = (event: KeyboardEvent<HTMLElement>): void => {
  if (hasModifier(event) || isTyping(event.target)) return
  const rows = rowsOf(event.currentTarget)
  const current = rows.findIndex((row) => row === document.activeElement)
  if (event.key === 'w' && current >= 0) {
    event.preventDefault()
    rows[current]?.click()
    return
  }
  const next = nextIndex(event.key, current, rows.length)
  if (next === undefined) return
  event.preventDefault()
  // Handled here; whoever listens further out would move once more.
  event.stopPropagation()
  rows[next]?.focus()
}

/** Puts the focus on the first row of the first list on the page. */
export const focusFirstRow = (): void => document.querySelector<HTMLElement>('[data-row]')?.focus()
