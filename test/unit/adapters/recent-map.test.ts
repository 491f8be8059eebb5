import { describe, expect, it } from 'vitest'
import { createRecentMap } from '../../../server/adapters/sqlite/query/recent-map.ts'

describe('a map of what was used lately', () => {
  it('keeps the newest, and what is asked for again, and forgets the rest', () => {
    const map = createRecentMap<number>(10)
    map.set('asked for', -1)
    for (let n = 0; n < 100; n += 1) {
      map.set(`key-${n}`, n)
      expect(map.get('asked for')).toBe(-1)
    }
    expect(map.get('key-99')).toBe(99)
    expect(map.get('key-92')).toBe(92)
    expect(map.get('key-1')).toBeUndefined()
  })

  it('forgets on demand', () => {
    const map = createRecentMap<number>(2)
    for (const key of ['a', 'b', 'c', 'd']) map.set(key, 1)
    map.delete('d')
    map.delete('b')
    expect(['b', 'd'].map(map.get)).toEqual([undefined, undefined])
    map.set('e', 1)
    map.clear()
    expect(['a', 'c', 'e'].map(map.get)).toEqual([undefined, undefined, undefined])
  })
})
