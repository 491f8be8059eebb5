import type { KeyboardEvent } from 'react'
import { hasModifier, isTyping, nextIndex } from './keyboard.ts'

const rowsOf = (list: Element): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[data-row]')]

/** For each row of a list: arrows and j/k move the focus between rows; Enter is the row's own, `w` opens it too. */
export const onListKey = (event: KeyboardEvent<HTMLElement>): void => {
  if (hasModifier(event) || isTyping(event.target)) return
  if (event.key === 'w') {
    event.preventDefault()
    event.currentTarget.click()
    return
  }
  const list = event.currentTarget.closest('[data-list]')
  const rows = list ? rowsOf(list) : []
  const current = rows.indexOf(event.currentTarget)
  const next = nextIndex(event.key, current, rows.length)
  if (next === undefined) return
  event.preventDefault()
  // Handled here; whoever listens further out would move once more.
  event.stopPropagation()
  rows[next]?.focus()
}

/** Puts the focus on the first row of the first list on the page. */
export const focusFirstRow = (): void => document.querySelector<HTMLElement>('[data-row]')?.focus()
