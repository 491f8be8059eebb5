/** Bytes of a page that SQLite does not read: from, and up to but without. */
export type FreeRange = readonly [from: number, until: number]

const headerBytes: Readonly<Record<number, number>> = { 0x02: 12, 0x05: 12, 0x0a: 8, 0x0d: 8 }
const firstPageHeader = 100
/** SQLite locks the byte at this place, and keeps its page out of use. */
const lockByte = 0x4000_0000
/** The kind of a page, and its parent. */
const mapEntryBytes = 5
/** In a larger file the number of a page, with which other pages begin, may look like the kind of a b-tree page. */
const mostPages = 0x0200_0000

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

/**
 * Unused pages of the file, from its freelist: a trunk page names the next one and some that hold nothing. Who reads while
 * others write may read what is none.
 */
export const freePagesOf = (readPage: (pageNo: number) => Buffer): { leaves: Set<number>; trunks: Set<number> } => {
  const leaves = new Set<number>()
  const trunks = new Set<number>()
  for (let trunk = readPage(1).readUInt32BE(32); trunk !== 0 && !trunks.has(trunk);) {
    trunks.add(trunk)
    const page = readPage(trunk)
    if (page.length < 8) break
    const count = Math.min(page.readUInt32BE(4), page.length / 4 - 2)
    for (let i = 0; i < count; i += 1) leaves.add(page.readUInt32BE(8 + 4 * i))
    trunk = page.readUInt32BE(0)
  }
  return { leaves, trunks }
}

/** Where the page that says of others where they hang (section 1.8) has its word on this one; files that can shrink have such. */
const mapOf = (pageNo: number, pageSize: number): { page: number; at: number } => {
  const span = Math.floor(pageSize / mapEntryBytes) + 1
  const first = Math.floor((pageNo - 2) / span) * span + 2
  const page = first === lockByte / pageSize + 1 ? first + 1 : first
  return { page, at: mapEntryBytes * (pageNo - page - 1) }
}
/** A root, and another page of a b-tree. */
const treeTypes = [1, 5]

/**
 * Free space of all pages of a file as it lies on the disk. Who does not keep others from changing it takes it for a hint.
 * `rangesOf` answers undefined for a page that it cannot tell the kind of.
 */
export const readFreeSpace = (readPage: (pageNo: number) => Buffer) => {
  const first = readPage(1)
  const pageSize = first.length
  const pageCount = first.readUInt32BE(28)
  const isPlain = first[20] === 0
  const hasMaps = first.readUInt32BE(52) !== 0
  let unused: ReturnType<typeof freePagesOf> | undefined
  const maps = new Map<number, Buffer>()
  const mapPage = (pageNo: number): Buffer => {
    const known = maps.get(pageNo) ?? readPage(pageNo)
    maps.set(pageNo, known)
    return known
  }
  const isOfTree = (pageNo: number): boolean | undefined => {
    if (pageNo === 1) return true
    if (!hasMaps) return pageCount < mostPages ? true : undefined
    const { page, at } = mapOf(pageNo, pageSize)
    return page !== pageNo && treeTypes.includes(mapPage(page)[at] ?? 0)
  }
  return {
    pageCount,
    rangesOf: (page: Buffer, pageNo: number): FreeRange[] | undefined => {
      if (pageNo > pageCount || pageNo === lockByte / pageSize + 1) return []
      if (!isPlain) return undefined
      const { leaves, trunks } = (unused ??= freePagesOf(readPage))
      if (leaves.has(pageNo)) return [[0, pageSize]]
      if (trunks.has(pageNo)) return [[8 + 4 * page.readUInt32BE(4), pageSize]]
      const isTree = isOfTree(pageNo)
      return isTree === true ? freeRangesOf(page, pageNo) : isTree === false ? [] : undefined
    },
  }
}
