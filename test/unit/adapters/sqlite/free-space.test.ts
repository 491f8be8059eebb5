import { describe, expect, it } from 'vitest'
import { freePagesOf, freeRangesOf } from '../../../../server/adapters/sqlite/free-space.ts'

const leaf = (fields: { cells: number; content: number; block?: number }, at = 0): Buffer => {
  const page = Buffer.alloc(4096)
  page[at] = 0x0d
  page.writeUInt16BE(fields.block ?? 0, at + 1)
  page.writeUInt16BE(fields.cells, at + 3)
  page.writeUInt16BE(fields.content, at + 5)
  return page
}

describe('free space of a page', () => {
  it('is the gap before the cells, and free blocks but for what links them', () => {
    const page = leaf({ cells: 3, content: 1000, block: 1200 })
    page.writeUInt16BE(2000, 1200)
    page.writeUInt16BE(50, 1202)
    page.writeUInt16BE(0, 2000)
    page.writeUInt16BE(10, 2002)
    expect(freeRangesOf(page, 2)).toEqual([
      [14, 1000],
      [1204, 1250],
      [2004, 2010],
    ])
  })

  it('begins behind the header of the file on the first page, and behind the right child in the interior', () => {
    expect(freeRangesOf(leaf({ cells: 0, content: 4096 }, 100), 1)).toEqual([[108, 4096]])
    const interior = leaf({ cells: 1, content: 4000 })
    interior[0] = 0x05
    expect(freeRangesOf(interior, 2)).toEqual([[14, 4000]])
  })

  it.each([
    ['of another kind', Buffer.alloc(4096)],
    ['with more cells than it has room for', leaf({ cells: 600, content: 1000 })],
    ['with cells beyond its end', leaf({ cells: 1, content: 5000 })],
    ['with a free block before its cells', leaf({ cells: 1, content: 1000, block: 500 })],
    ['with a free block that has no room', leaf({ cells: 1, content: 1000, block: 1200 })],
  ])('is none in a page %s', (_what, page) => {
    expect(freeRangesOf(page, 2)).toEqual([])
  })

  it('is whole pages where the freelist has them, and a freelist in a circle ends', () => {
    const pages = new Map([1, 2, 3].map((n) => [n, Buffer.alloc(4096)]))
    pages.get(1)!.writeUInt32BE(2, 32)
    pages.get(2)!.writeUInt32BE(3, 0)
    pages.get(2)!.writeUInt32BE(2, 4)
    pages.get(2)!.writeUInt32BE(7, 8)
    pages.get(2)!.writeUInt32BE(9, 12)
    pages.get(3)!.writeUInt32BE(2, 0)
    expect(freePagesOf((n) => pages.get(n)!)).toEqual({ leaves: new Set([7, 9]), trunks: new Set([2, 3]) })
  })
})
