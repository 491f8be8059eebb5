import { expect, it } from 'vitest'
import { createBoundedMap } from '../../../../server/adapters/memory/bounded-map.ts'

it('keeps no more than its limit, and of those used last at least half as many', () => {
  const map = createBoundedMap<number>(10)
  for (let n = 0; n < 1000; n += 1) {
    map.set(`k${n}`, n)
    expect(map.get('k0') ?? 0).toBe(0)
    const kept = Array.from({ length: n + 1 }, (_, i) => i).filter((i) => n - i < 4 && map.get(`k${i}`) === i)
    expect(kept).toHaveLength(Math.min(n + 1, 4))
  }
  const left = Array.from({ length: 1000 }, (_, n) => n).filter((n) => map.get(`k${n}`) !== undefined)
  expect(left.length).toBeLessThanOrEqual(10)
})

it('overwrites, deletes one and deletes many', () => {
  const map = createBoundedMap<string>(4)
  for (const key of ['a1', 'a2', 'b1']) map.set(key, 'old')
  map.set('a1', 'new')
  expect(map.get('a1')).toBe('new')
  expect(map.delete('b1')).toBe(true)
  expect(map.delete('b1')).toBe(false)
  map.deleteWhere((key) => key.startsWith('a'))
  expect([map.get('a1'), map.get('a2'), map.get('b1')]).toEqual([undefined, undefined, undefined])
})

it('holds one where it may hold one', () => {
  const map = createBoundedMap<string>(1)
  map.set('a', 'x')
  expect(map.get('a')).toBe('x')
})
