import type { Cell } from './cell.ts'

/** What a spreadsheet may take for a formula, and the apostrophe itself, so that one in front always is ours. */
const isGuarded = /^[=+\-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20]/
const isQuoted = /[",\r\n]/
const needsCare = new RegExp(`${isGuarded.source}|${isQuoted.source}`)

const csvCell = (cell: Cell): string => {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  if (!needsCare.test(cell)) return cell
  const text = isGuarded.test(cell) ? `'${cell}` : cell
  return isQuoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * One record of RFC 4180, with its line end. Texts that a spreadsheet could run, and those that begin with an apostrophe, get an
 * apostrophe in front: whoever takes the first one away from every cell that begins with one has the text as it was. Numbers
 * stay as they are; a text that is empty is written like none.
 */
export const csvRow = (cells: readonly Cell[]): string => {
  let row = ''
  for (let i = 0; i < cells.length; i += 1) row += (i === 0 ? '' : ',') + csvCell(cells[i] as Cell)
  // A line without anything would be taken for none.
  return row === '' ? '""\r\n' : `${row}\r\n`
}
