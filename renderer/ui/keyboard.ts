/** Whether keys belong to a field, so that shortcuts must leave them alone. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

export const hasModifier = (event: { ctrlKey: boolean; metaKey: boolean; altKey: boolean }): boolean =>
  event.ctrlKey || event.metaKey || event.altKey

/** `g` and then a letter, within a second and a half. */
export const createChord = (now: () => number) => {
  let startedAtMs = -Infinity
  return {
    /** The letter that completes the chord, or undefined. */
    press(key: string): string | undefined {
      const isOpen = now() - startedAtMs < 1500
      startedAtMs = !isOpen && key === 'g' ? now() : -Infinity
      return isOpen ? key : undefined
    },
    isOpen: () => now() - startedAtMs < 1500,
  }
}

/** Where j, k and the arrows lead in a list of that many rows. */
export const nextIndex = (key: string, current: number, count: number): number | undefined => {
  if (count === 0) return undefined
  if (key === 'j' || key === 'ArrowDown') return Math.min(count - 1, current + 1)
  if (key === 'k' || key === 'ArrowUp') return Math.max(0, current - 1)
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return undefined
}
