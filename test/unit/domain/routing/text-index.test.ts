import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTextIndex } from '../../../../server/domain/routing/text-index.ts'

it('answers what a Map would, whatever is set and asked', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), fc.array(fc.string({ maxLength: 3 })), (set, asked) => {
      const index = createTextIndex((place) => set[place] ?? '')
      const map = new Map<string, number>()
      for (const [place, text] of set.entries()) {
        index.set(text, place)
        map.set(text, place)
      }
      for (const text of [...set, ...asked]) expect(index.get(text)).toBe(map.get(text))
    }),
  )
})

it('holds many texts that are alike', () => {
  const texts = Array.from({ length: 50_000 }, (_, n) => `+1202555${n}`)
  const index = createTextIndex((place) => texts[place] ?? '')
  for (const [place, text] of texts.entries()) index.set(text, place)
  expect(texts.every((text, place) => index.get(text) === place)).toBe(true)
  expect(index.get('+1202555')).toBeUndefined()
})
