import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare } from '../../../../server/domain/webhooks/compare.ts'

describe('the comparison of two contents', () => {
  it('names what was added, taken away and changed, deep inside', () => {
    const before = { a: 1, list: ['x', 'y'], inside: { gone: true, same: null, 'a/b~': 'old' } }
    const after = { a: 2, list: ['x'], inside: { same: null, 'a/b~': 'new' }, more: { deep: 'z' } }
    expect(compare(before, after)).toEqual([
      { path: '/a', before: 1, after: 2 },
      { path: '/list/1', before: 'y' },
      { path: '/inside/gone', before: true },
      { path: '/inside/a~1b~0', before: 'old', after: 'new' },
      { path: '/more/deep', after: 'z' },
    ])
  })

  it('takes fields for the same however they are spelled and written', () => {
    expect(compare({ CallSid: 'x', id: 7, data: { a: [1] } }, { call_sid: 'x', ID: '7', data: '{"A":["1"]}' })).toEqual(
      [],
    )
  })

  it('tells nothing from an empty object, an empty list, an empty text and null', () => {
    const contents = [undefined, {}, [], '', null].map((held) => ({ held }))
    for (const [i, one] of contents.entries())
      for (const [j, other] of contents.entries()) expect(compare(one, other).length).toBe(i === j ? 0 : 1)
  })

  it('keeps text that only looks like JSON', () => {
    expect(compare({ a: '{no' }, { a: '[no' })).toEqual([{ path: '/a', before: '{no', after: '[no' }])
  })

  it('compares what is no object', () => {
    expect(compare('a', 'b')).toEqual([{ path: '', before: 'a', after: 'b' }])
    expect(compare(undefined, undefined)).toEqual([])
    expect(compare(undefined, 'b')).toEqual([{ path: '', after: 'b' }])
  })

  it('takes no harm from what is nested however deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const [difference] = compare({ deep }, {})
    expect(difference).toMatchObject({ before: '(nested too deep)' })
    const found = compare({ many: Array.from({ length: 19_998 }, () => 0), deep }, {})
    expect(found.find(({ path }) => path === '/deep')).toEqual({ path: '/deep', before: '(nested too deep)' })
  })

  it('finds nothing between a content and itself, and the same backwards as forwards', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (one, other) => {
        const [a, b] = [JSON.parse(one) as unknown, JSON.parse(other) as unknown]
        expect(compare(a, a)).toEqual([])
        expect(compare(a, b).length).toBe(compare(b, a).length)
      }),
    )
  })

  it('takes what has too many fields for the one text it is', () => {
    const many = (last: number) => ({ few: { a: last }, numbers: [...Array.from({ length: 20_000 }, () => 0), last] })
    expect(compare({ payload: many(1) }, { payload: many(1) })).toEqual([])
    const found = compare({ payload: many(1) }, { payload: many(2) })
    expect(found.map(({ path }) => path)).toEqual(['/payload/few/a', '/payload/numbers'])
    expect(found[1]?.after).toMatch(/^\[0,.*,2\]$/)
  })
})
