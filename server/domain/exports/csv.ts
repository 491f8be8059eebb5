import type { Cell } from './cell.ts'
import { specialLetters, type TextBytes } from './text-bytes.ts'

const none = specialLetters('')
/** Where they stand in a text it is looked at more closely. */
const special = specialLetters('",;')
const isBlank = (code: number): boolean => code === 0x20
const isSign = (code: number): boolean =>
  code === 0x2b || code === 0x2d || code === 0x3d || code === 0x40 || code === 0x27
const isQuoted = /[",\r\n]/
const sign = '[=+\\-@\uFF0B\uFF0D\uFF1D\uFF20]'
const unseen = '(?:(?![\\t\\r\\n])[\\p{Z}\\p{C}])*'
/**
 * Before what may be taken for a formula, also where a text is split at a semicolon, as in countries that write decimals with a
 * comma, or at a tab or line break; and before an apostrophe there, so that the first one always is ours.
 */
const guarded = new RegExp(`^(?=[\\t\\r\\n])|(?<=^|[;\\t\\r\\n])(?='|${unseen}${sign})`, 'gu')

const writeText = (out: TextBytes, text: string): void => {
  const begin = out.length
  const first = text.charCodeAt(0)
  if (isSign(first)) out.plain("'", none)
  if (!isBlank(first) && out.plain(text, special)) return
  out.cut(begin)
  const safe = text.replace(guarded, "'")
  out.text(isQuoted.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe)
}

/**
 * Writes a record of RFC 4180, with its line end. Texts that a spreadsheet could run, and those that begin with an apostrophe, get
 * an apostrophe in front: whoever takes away one at the beginning and behind each semicolon, tab and line break of a cell has the
 * text as it was. Numbers stay as they are; a text that is empty is written like none.
 */
export const writeCsvRow = (out: TextBytes, cells: readonly Cell[]): void => {
  const begin = out.length
  for (let i = 0; i < cells.length; i += 1) {
    const cell = cells[i] as Cell
    if (i > 0) out.plain(',', none)
    if (typeof cell === 'string') writeText(out, cell)
    else if (cell !== null) out.plain(String(cell), none)
  }
  // A line without anything would be taken for none.
  if (out.length === begin) out.text('""')
  out.text('\r\n')
}
