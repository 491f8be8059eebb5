import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBoundedMap } from '../../../server/adapters/memory/bounded-map.ts'

describe('bounded map', () => {
  it('never answers another value than was set last, and keeps those used last', () => {
    const limit = 10
    const uses = fc.array(
      fc.record({ act: fc.constantFrom('set', 'get', 'delete'), key: fc.integer({ min: 0, max: 14 }).map(String) }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(uses, (all) => {
        const map = createBoundedMap<number>(limit)
        const values = new Map<string, number>()
        for (const [n, { act, key }] of all.entries()) {
          if (act === 'get') {
            const found = map.get(key)
            if (found === undefined) values.delete(key)
            else expect(found).toBe(values.get(key))
            continue
          }
          if (act === 'set') map.set(key, n)
          else map.delete(key)
          values.delete(key)
          if (act === 'set') values.set(key, n)
        }
        expect([...values.keys()].filter((key) => map.get(key) !== undefined).length).toBeLessThanOrEqual(limit)
      }),
    )
  })

  it('keeps the newest half of its limit whatever came before', () => {
    const map = createBoundedMap<number>(10)
    for (let n = 0; n < 1000; n += 1) {
      map.set(String(n), n)
      for (let back = 0; back < 5 && back <= n; back += 1) expect(map.get(String(n - back))).toBe(n - back)
    }
  })

  it('forgets what is asked to be forgotten', () => {
    const map = createBoundedMap<number>(4)
    for (let n = 0; n < 4; n += 1) map.set(`a${n}`, n)
    map.set('b', 9)
    expect(map.delete('b')).toBe(true)
    expect(map.delete('b')).toBe(false)
    map.set('b', 9)
    map.deleteWhere((key) => key.startsWith('a'))
    expect(map.get('a3')).toBeUndefined()
    expect(map.get('b')).toBe(9)
  })
})
