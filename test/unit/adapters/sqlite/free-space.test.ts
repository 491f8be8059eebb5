import { describe, expect, it } from 'vitest'
import { freePagesOf, freeRangesOf, readFreeSpace } from '../../../../server/adapters/sqlite/file/free-space.ts'

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

describe('free space of a file', () => {
  const file = ({
    hasMaps,
    pageCount = 9,
    reserved = 0,
  }: {
    hasMaps: boolean
    pageCount?: number
    reserved?: number
  }) => {
    const pages = new Map<number, Buffer>(Array.from({ length: 9 }, (_, i) => [i + 1, Buffer.alloc(4096)]))
    const first = pages.get(1)!
    first.writeUInt8(reserved, 20)
    first.writeUInt32BE(pageCount, 28)
    if (hasMaps) first.writeUInt32BE(3, 52)
    pages.set(4, leaf({ cells: 0, content: 4096 }))
    const map = pages.get(2)!
    // Of pages 3 to 6: a b-tree, a b-tree, an overflow page, a free one.
    for (const [i, kind] of [5, 5, 3, 2].entries()) map[5 * i] = kind
    return { pages, free: readFreeSpace((pageNo) => pages.get(pageNo)!) }
  }

  it('is none in a page that tells of others, however much that looks like a page with cells', () => {
    const { pages, free } = file({ hasMaps: true })
    const map = pages.get(2)!
    expect(freeRangesOf(map, 2)).not.toEqual([])
    expect(free.rangesOf(map, 2)).toEqual([])
  })

  it('is none in the text of a long row, whatever it begins with', () => {
    const { free } = file({ hasMaps: true })
    const text = leaf({ cells: 0, content: 4096 })
    expect(free.rangesOf(text, 5)).toEqual([])
    expect(free.rangesOf(text, 4)).toEqual([[8, 4096]])
  })

  it('is not told of a file too large to tell texts from cells by their beginning, unless it has a word on each page', () => {
    const page = leaf({ cells: 0, content: 4096 })
    expect(file({ hasMaps: false }).free.rangesOf(page, 4)).toEqual([[8, 4096]])
    expect(file({ hasMaps: false, pageCount: 0x0200_0000 }).free.rangesOf(page, 4)).toBeUndefined()
    expect(file({ hasMaps: true, pageCount: 0x0200_0000 }).free.rangesOf(page, 4)).toEqual([[8, 4096]])
  })

  it('is not told of a file whose pages end with something else', () => {
    expect(file({ hasMaps: true, reserved: 8 }).free.rangesOf(leaf({ cells: 0, content: 4096 }), 4)).toBeUndefined()
  })

  it('is none beyond the end', () => {
    expect(file({ hasMaps: true }).free.rangesOf(leaf({ cells: 0, content: 4096 }), 10)).toEqual([])
  })
})
