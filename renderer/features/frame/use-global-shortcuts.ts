import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'
import { navigation } from '../../navigation.ts'
import { createChord, hasModifier, isTyping } from '../../ui/keyboard.ts'

/** `g` and a letter goes to a room, `?` shows all shortcuts. Ctrl/Cmd+K belongs to the palette. */
export const useGlobalShortcuts = (tenantId: string | undefined, onHelp: () => void): void => {
  const navigate = useNavigate()
  const go = useEffectEvent((letter: string) => {
    const entry = navigation.flatMap((group) => group.entries).find((each) => each.letter === letter)
    if (entry && tenantId !== undefined) void navigate({ to: entry.to, params: { tenantId } })
  })
  const help = useEffectEvent(onHelp)

  useEffect(() => {
    const chord = createChord(() => performance.now())
    // In the capture phase, so that the letter after `g` is not also a key of some list.
    const onKey = (event: KeyboardEvent) => {
      if (hasModifier(event) || isTyping(event.target)) return
      if (event.key === '?') {
        event.preventDefault()
        help()
        return
      }
      const letter = chord.press(event.key)
      if (letter === undefined) return
      event.preventDefault()
      event.stopPropagation()
      go(letter)
    }
    document.addEventListener('keydown', onKey, true)
    return () => document.removeEventListener('keydown', onKey, true)
  }, [])
}
