/** Bytes of a page that SQLite does not read: from, and up to but without. */
export type FreeRange = readonly [from: number, until: number]

const headerBytes: Readonly<Record<number, number>> = { 0x02: 12, 0x05: 12, 0x0a: 8, 0x0d: 8 }
const firstPageHeader = 100

/**
 * What is free in a page of a b-tree (file format, section 1.6): the gap between the cell pointers and the cells, and free
 * blocks without the four bytes that link them. None where the page is of another kind, or not as it should be.
 */
export const freeRangesOf = (page: Buffer, pageNo: number): FreeRange[] => {
  const at = pageNo === 1 ? firstPageHeader : 0
  const header = headerBytes[page[at] ?? 0]
  if (header === undefined) return []
  const gapStart = at + header + 2 * page.readUInt16BE(at + 3)
  const cells = page.readUInt16BE(at + 5) || 65_536
  if (gapStart > cells || cells > page.length) return []
  const ranges: FreeRange[] = [[gapStart, cells]]
  let last = cells
  for (let block = page.readUInt16BE(at + 1); block !== 0;) {
    if (block < last || block + 4 > page.length) return []
    const end = block + page.readUInt16BE(block + 2)
    if (end > page.length || end < block + 4) return []
    ranges.push([block + 4, end])
    last = end
    block = page.readUInt16BE(block)
  }
  return ranges
}

/** Unused pages of the file, from its freelist: a trunk page names the next one and some that hold nothing. */
export const freePagesOf = (readPage: (pageNo: number) => Buffer): { leaves: Set<number>; trunks: Set<number> } => {
  const leaves = new Set<number>()
  const trunks = new Set<number>()
  for (let trunk = readPage(1).readUInt32BE(32); trunk !== 0 && !trunks.has(trunk);) {
    trunks.add(trunk)
    const page = readPage(trunk)
    const count = page.readUInt32BE(4)
    for (let i = 0; i < count; i += 1) leaves.add(page.readUInt32BE(8 + 4 * i))
    trunk = page.readUInt32BE(0)
  }
  return { leaves, trunks }
}
