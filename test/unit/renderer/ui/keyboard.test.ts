import { describe, expect, it } from 'vitest'
import { createChord, nextIndex } from '../../../../renderer/ui/keyboard.ts'

describe('keys in a list', () => {
  it.each([
    ['j', -1, 0],
    ['ArrowDown', 1, 2],
    ['j', 2, 2],
    ['k', 0, 0],
    ['ArrowUp', 2, 1],
    ['Home', 2, 0],
    ['End', 0, 2],
  ])('%s on row %i leads to %i of three', (key, current, next) => expect(nextIndex(key, current, 3)).toBe(next))
  it('leads nowhere in an empty list or by another key', () => {
    expect(nextIndex('j', -1, 0)).toBeUndefined()
    expect(nextIndex('x', 0, 3)).toBeUndefined()
  })
})

describe('g and then a letter', () => {
  it('is a chord only in that order and in time', () => {
    let nowMs = 0
    const chord = createChord(() => nowMs)
    expect(chord.press('o')).toBeUndefined()
    expect(chord.press('g')).toBeUndefined()
    expect(chord.press('o')).toBe('o')
    expect(chord.press('o')).toBeUndefined()
    chord.press('g')
    nowMs = 2000
    expect(chord.press('o')).toBeUndefined()
  })
})
